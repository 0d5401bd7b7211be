import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { siteValue } from '../../electron/engine/decoder/sites.ts';
import { indicesFor, isFlat, Stage } from '../../electron/engine/decoder/stage.ts';
import { normalNoise } from '../../electron/engine/locate/noise.ts';
import { patchSite } from '../../electron/engine/locate/patching.ts';
import { runs, type Runs, trace, tracingSites, windowAround } from '../../electron/engine/locate/tracing.ts';
import { hiddenAt } from '../../electron/engine/locate/state.ts';
import { Walk } from '../../electron/engine/locate/walk.ts';
import { rightPad } from '../../electron/engine/runtime/inputs.ts';
import { logSumExp } from '../../electron/engine/runtime/sampling.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { inject, slice } from '../../electron/engine/runtime/surgery.ts';
import { silent } from '../../shared/progress.ts';
import { TRACE_KINDS, type TraceKind } from '../../shared/tracing.ts';
import { type Clock, processor, timed, wall } from './clock.ts';
import { Random } from './random.ts';
import { GPT2_SMALL, TINY, writeModel } from './shapes.ts';
import type { Table } from './table.ts';

/** A prompt as long as those of CounterFact: the subject is the third to the fifth of its tokens. */
const PROMPT = { tokens: 11, subject: [2, 5] as const };
const SAMPLES = 10;
/** Layers put back together, as published; in a shallow model it is the harder case. */
const WINDOW = 10;
/** What must hold at full size. */
const LIMIT = { share: 1 / 3, difference: 1e-4 };

/** One prompt traced, all three kinds, beside the plain way: every restored state by a run of the whole model. */
export async function measureLocate(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const shape = isQuick ? TINY : GPT2_SMALL;
  const clock = threads === 1 ? processor : wall;
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-'));
  try {
    writeModel(folder, shape);
    const decoder = await Decoder.open(join(folder, 'model.onnx'), { threads });
    const random = new Random(3);
    const ids = Array.from({ length: PROMPT.tokens }, () => random.whole(256, shape.vocabulary - 2));
    const [first, end] = PROMPT.subject;
    const noise = normalNoise(SAMPLES * (end - first) * shape.width, 1).map((x) => 0.06 * x);
    const corruption = { ids, subject: PROMPT.subject, noise, samples: SAMPLES };
    console.log(
      `Tracing of one prompt of ${ids.length} tokens, ${SAMPLES} samples, on a GPT-2 of ${shape.layers} layers, ${shape.width} wide; ` +
        `${threads === 1 ? 'one thread, processor time' : 'all threads, wall time'}\n`,
    );
    const walk = await timed(clock, () => Walk.create(decoder, tracingSites(shape.layers)));
    table.row('tracing, opening the model block by block', said(walk.seconds));
    const made = await timed(clock, () => runs(walk.value, corruption));
    let [ours, plainly, worst] = [made.seconds, 0, 0];
    for (const kind of TRACE_KINDS) {
      const plain = await PlainTrace.create(decoder, made.value, noise, kind, Math.floor(shape.layers / 2));
      const cells = await plain.measure(clock, isQuick ? 2 : 6);
      const grid = await timed(clock, () => trace(walk.value, made.value, kind, WINDOW, silent));
      await plain.release();
      for (const { token, score } of cells.scores)
        worst = Math.max(worst, Math.abs(score - grid.value[token * shape.layers + plain.layer]!));
      const whole = cells.seconds * ids.length * shape.layers;
      ours += grid.seconds;
      plainly += whole;
      table.row(
        `tracing ${kind}`,
        `${said(grid.seconds)}; the plain way ${said(whole)} (${said(cells.seconds)} a state, ${cells.scores.length} measured)`,
      );
    }
    await walk.value.release();
    table.row(
      'tracing, all kinds',
      `${said(ours)}, the plain way ${said(plainly)}: ${((100 * ours) / plainly).toFixed(0)}% of it`,
      isQuick ? undefined : { limit: '≤ 33%', holds: ours <= LIMIT.share * plainly },
    );
    table.row('largest difference in scores', worst.toExponential(1), { limit: `< ${LIMIT.difference}`, holds: worst < LIMIT.difference });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One restored state at a time by a run of the whole exported graph on all corrupted rows. */
class PlainTrace {
  readonly layer: number;
  private readonly stage: Stage;
  private readonly decoder: Decoder;
  private readonly made: Runs;
  private readonly noise: Float32Array;
  private readonly restored: readonly { name: string; vector(token: number): Float32Array }[];

  private constructor(
    stage: Stage,
    decoder: Decoder,
    made: Runs,
    noise: Float32Array,
    layer: number,
    restored: readonly { name: string; vector(token: number): Float32Array }[],
  ) {
    [this.stage, this.decoder, this.made, this.noise, this.layer, this.restored] = [stage, decoder, made, noise, layer, restored];
  }

  static async create(decoder: Decoder, made: Runs, noise: Float32Array, kind: TraceKind, layer: number): Promise<PlainTrace> {
    const { anatomy } = decoder;
    const width = anatomy.hiddenSize;
    const [from, to] = kind === 'hidden' ? [layer, layer + 1] : windowAround(layer, WINDOW, anatomy.layers.length);
    const restored = Array.from({ length: to - from }, (_, at) => ({
      name: siteValue(anatomy, patchSite(kind, from + at)),
      vector: (token: number) =>
        kind === 'hidden'
          ? hiddenAt(made.states[from + at + 1]!, 0, token)
          : made.output(kind, from + at).subarray(token * width, (token + 1) * width),
    }));
    let graph = inject(decoder.graph, anatomy.tokens, inputsOf(anatomy.tokens), 'add').graph;
    for (const { name } of restored) ({ graph } = inject(graph, name, inputsOf(name), 'replace'));
    const session = await decoder.session(slice(graph, [anatomy.logits]));
    return new PlainTrace(Stage.of(decoder, session, []), decoder, made, noise, layer, restored);
  }

  /** Seconds a state, over some tokens from the subject on. */
  async measure(clock: Clock, tokens: number): Promise<{ seconds: number; scores: { token: number; score: number }[] }> {
    await this.score(this.made.subject[0]);
    const scores: { token: number; score: number }[] = [];
    const taken = await timed(clock, async () => {
      for (let at = 0; at < tokens; at++) {
        const token = this.made.subject[0] + at;
        scores.push({ token, score: await this.score(token) });
      }
    });
    return { seconds: taken.seconds / tokens, scores };
  }

  release(): Promise<void> {
    return this.stage.release();
  }

  private async score(token: number): Promise<number> {
    const { made, decoder } = this;
    const { ids } = made.states[0]!;
    const rows = rightPad(Array.from({ length: made.samples }, () => ids));
    const [first, end] = made.subject;
    const samples = Array.from({ length: made.samples }, (_, row) => row);
    const noisy = samples.flatMap((row) => Array.from({ length: end - first }, (_, at) => ({ row, token: first + at })));
    const feeds = this.feeds(decoder.anatomy.tokens, ids.length, noisy, this.noise);
    for (const { name, vector } of this.restored) {
      const one = vector(token);
      const vectors = new Float32Array(made.samples * one.length);
      samples.forEach((row) => vectors.set(one, row * one.length));
      Object.assign(
        feeds,
        this.feeds(
          name,
          ids.length,
          samples.map((row) => ({ row, token })),
          vectors,
        ),
      );
    }
    const logits = floats(await this.stage.run(rows, feeds), decoder.anatomy.logits);
    const vocabulary = logits.length / made.samples / ids.length;
    const chance = (row: number) => {
      const here = logits.subarray(((row + 1) * ids.length - 1) * vocabulary, (row + 1) * ids.length * vocabulary);
      return Math.exp(here[made.answer]! - logSumExp(here));
    };
    return samples.reduce((sum, row) => sum + chance(row), 0) / made.samples;
  }

  private feeds(
    name: string,
    length: number,
    places: readonly { row: number; token: number }[],
    vectors: Float32Array,
  ): Record<string, ort.Tensor> {
    const { data, dims } = indicesFor(isFlat(this.decoder, name), length, places);
    const { positions, vectors: input } = inputsOf(name);
    return {
      [positions]: new ort.Tensor('int64', BigInt64Array.from(data, BigInt), dims),
      [input]: new ort.Tensor('float32', vectors, [places.length, vectors.length / places.length]),
    };
  }
}

function inputsOf(name: string): { positions: string; vectors: string } {
  return { positions: `${name}/plain_places`, vectors: `${name}/plain_vectors` };
}

const said = (s: number) => (s < 1 ? `${(1000 * s).toFixed(0)} ms` : `${s.toFixed(2)} s`);
