import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { withDelta } from '../edit/delta.ts';
import { readDelta } from '../edit/delta-file.ts';
import { graphFile, tokenizerFolder } from '../onnx/model-folder.ts';
import type { ModelRef } from '../model-ref.ts';
import { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { steered } from '../steer/apply.ts';
import { steeringOf } from './steering-of.ts';
import { loadTokenizer } from '../text/load.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { readVersion } from '../decoder/version-file.ts';

/** A model as a job gets it. */
export interface Opened {
  readonly decoder: Decoder;
  /** Without delta and steering, and the imported folder as it is. */
  readonly before: Decoder;
  /** With the delta, without the steering. */
  readonly unsteered: Decoder;
  readonly base: Decoder;
  readonly tokenizer: Tokenizer;
  readonly folder: string;
}

const KEPT_GENERATORS = 2;

/** What a thread keeps open between its jobs, since jobs on the same model follow one another. */
export class OpenModels {
  private last: { readonly folder: string; readonly base: Decoder; readonly tokenizer: Tokenizer } | undefined;
  /** Sessions of the versions asked last: asking again, or two versions in turn, need not make them anew. */
  private readonly generators = new Map<string, Promise<Generator>>();

  /** Opens a model; the last one stays open. */
  async open(model: ModelRef): Promise<Opened> {
    const folder = resolve(model.folder);
    if (this.last?.folder !== folder) {
      const file = graphFile(folder);
      const threads = Number(process.env['EMEND_THREADS'] ?? 0);
      const base = await Decoder.open(file, { threads });
      const tokenizer = await loadTokenizer(tokenizerFolder(folder));
      refuseOtherHeads(base.anatomy.vocabulary, tokenizer.vocabularySize, folder);
      this.last = { folder, base, tokenizer };
    }
    const { base, tokenizer } = this.last;
    const before = model.version === undefined ? base : readVersion(base, model.version);
    const edited = model.delta === undefined ? before : withDelta(before, readDelta(model.delta).delta);
    const decoder = model.steering === undefined || model.steering.length === 0 ? edited : steered(edited, steeringOf(model.steering));
    return { decoder, before, unsteered: edited, base, tokenizer, folder };
  }

  /** A generator that stays open for the next question. @param long repacking weights pays only over many tokens */
  generator(model: ModelRef, decoder: Decoder, long: boolean): Promise<Generator> {
    const files = [model.delta, ...(model.steering ?? []).map(({ file }) => file)];
    const key = JSON.stringify([{ ...model, folder: resolve(model.folder) }, files.map((file) => file && statSync(file).mtimeMs)]);
    const known = this.generators.get(key);
    this.generators.delete(key);
    const generator = known ?? Generator.create(decoder, { prepack: long });
    this.generators.set(key, generator);
    generator.catch(() => this.generators.delete(key));
    for (const old of [...this.generators.keys()].slice(0, -KEPT_GENERATORS)) void this.forget(old);
    return generator;
  }

  /** Everything but asking needs the memory for itself. */
  async forgetGenerators(): Promise<void> {
    await Promise.all([...this.generators.keys()].map((key) => this.forget(key)));
  }

  private async forget(key: string): Promise<void> {
    const generator = this.generators.get(key);
    this.generators.delete(key);
    await (await generator)?.release();
  }
}

/** How much of a tokenizer's tokens a language model's output has at least: tokens are added to tokenizers, but not as many again. */
const LEAST = 0.5;

/**
 * An output that is no distribution over the tokenizer's tokens is of a model that does something else, such as label texts.
 * @throws EmendError 'unsupported'
 */
function refuseOtherHeads(outputs: number, tokens: number, folder: string): void {
  if (outputs >= tokens * LEAST) return;
  throw new EmendError(
    'unsupported',
    `The model in ${folder} gives ${outputs} values where its tokenizer has ${tokens} tokens: it labels texts or tokens instead of ` +
      "writing them, or the tokenizer is another model's.",
    'Emend edits models that continue a text. Export the model for text generation, or take the tokenizer that belongs to it.',
  );
}
