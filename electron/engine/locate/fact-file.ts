import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { canonical } from '../../storage/canonical.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk, type Files, type OpenFile } from '../../storage/files.ts';

const FORMAT = 'emend-fact-traces-1';

/** The first line: what every other line was made with. */
const HeaderSchema = v.object({
  format: v.literal(FORMAT),
  /** SHA-256 of the model's version. */
  model: v.string(),
  samples: v.number(),
  seed: v.number(),
  level: v.number(),
  window: v.number(),
  kinds: v.array(v.picklist(['hidden', 'mlp', 'attention'])),
  /** Standard deviation of the embeddings, which the noise is measured in. */
  deviation: v.number(),
});
export type FactFileHeader = Omit<v.InferOutput<typeof HeaderSchema>, 'format'>;

const Grid = v.array(v.array(v.number()));
const FactSchema = v.object({ prompt: v.string(), subject: v.string(), target: v.string() });
const TracedSchema = v.object({
  ...FactSchema.entries,
  /** The subject's first token, and the one behind its last. */
  tokens: v.tuple([v.number(), v.number()]),
  high: v.number(),
  low: v.number(),
  scores: v.object({ hidden: v.optional(Grid), mlp: v.optional(Grid), attention: v.optional(Grid) }),
});
/** A fact whose answer the model does not give, and what it answers. */
const SkippedSchema = v.object({ ...FactSchema.entries, answer: v.string() });
const LineSchema = v.union([TracedSchema, SkippedSchema]);
export type TracedFact = v.InferOutput<typeof TracedSchema>;
export type SkippedFact = v.InferOutput<typeof SkippedSchema>;
export type FactLine = TracedFact | SkippedFact;
type FactWords = v.InferOutput<typeof FactSchema>;

/** Traces of facts as JSON lines, one fact a line, so that a run that was stopped goes on where it stopped. */
export class FactFile {
  private readonly known: Map<string, FactLine>;
  private readonly file: OpenFile | undefined;

  private constructor(known: Map<string, FactLine>, file: OpenFile | undefined) {
    this.known = known;
    this.file = file;
  }

  /** Lines kept nowhere. */
  static inMemory(): FactFile {
    return new FactFile(new Map(), undefined);
  }

  /**
   * Opens or makes a file. A last line that was not finished is dropped.
   * @throws EmendError 'bad-input' for a file of other settings, 'bad-file' for any other content
   */
  static async open(path: string, header: FactFileHeader, files: Files = explained(disk)): Promise<FactFile> {
    const first = canonical({ format: FORMAT, ...header });
    const bytes = (await files.stat(path)) === undefined ? new Uint8Array() : await files.read(path);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split('\n').slice(0, -1);
    // What is no beginning of our own first line is somebody else's file, and stays as it is.
    if (whole === 0 && !first.startsWith(new TextDecoder().decode(bytes))) throw strange(path, 1, 'no trace of facts');
    if (lines.length > 0) checkHeader(path, lines[0]!, header);
    const known = new Map(
      lines.slice(1).map((line, at) => {
        const parsed = v.safeParse(LineSchema, jsonOf(path, line, at + 2));
        if (!parsed.success) throw strange(path, at + 2, `${v.getDotPath(parsed.issues[0]) ?? 'the line'}: ${parsed.issues[0].message}`);
        return [keyOf(parsed.output), parsed.output] as const;
      }),
    );
    const file = await files.open(path, 'append');
    try {
      if (whole < bytes.length) await file.truncate(whole);
      if (whole === 0) await file.write(new TextEncoder().encode(`${first}\n`));
      await file.sync();
    } catch (error) {
      await file.close();
      throw error;
    }
    return new FactFile(known, file);
  }

  /** What is known of a fact. */
  find(fact: FactWords): FactLine | undefined {
    return this.known.get(keyOf(fact));
  }

  /** Keeps a fact's line; it lasts when this returns. */
  async add(line: FactLine): Promise<void> {
    this.known.set(keyOf(line), line);
    await this.file?.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    await this.file?.sync();
  }

  async close(): Promise<void> {
    await this.file?.close();
  }
}

function keyOf({ prompt, subject, target }: FactWords): string {
  return JSON.stringify([prompt, subject, target]);
}

function checkHeader(path: string, line: string, wanted: FactFileHeader): void {
  const parsed = v.safeParse(HeaderSchema, jsonOf(path, line, 1));
  if (!parsed.success) throw strange(path, 1, 'no description of traces of facts');
  const found: FactFileHeader = parsed.output;
  const other = (Object.keys(wanted) as (keyof FactFileHeader)[]).filter((key) => canonical(found[key]) !== canonical(wanted[key]));
  if (other.length === 0) return;
  const named = other.map((key) => (key === 'model' ? 'another model or version' : `${key} ${canonical(found[key])}`));
  const asked = other.filter((key) => key !== 'model').map((key) => `${key} ${canonical(wanted[key])}`);
  throw new EmendError(
    'bad-input',
    `${path} holds traces with ${named.join(', ')}${asked.length > 0 ? `; asked for were ${asked.join(', ')}` : ''}.`,
    'Name another file, or trace as the file was traced.',
    { other },
  );
}

function jsonOf(path: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw strange(path, number, 'no JSON');
  }
}

function strange(path: string, line: number, found: string): EmendError {
  return new EmendError('bad-file', `${path}, line ${line}: ${found}.`, 'Name another file; this one is left as it is.', { line });
}
