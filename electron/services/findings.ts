import * as v from 'valibot';
import { LayersSchema, NearKeysSchema } from '../../shared/contract/beforehand.ts';
import { ChangeSchema } from '../../shared/contract/change.ts';
import { FactTracesSchema } from '../../shared/contract/fact-traces.ts';
import type { Finding, FoundBy } from '../../shared/contract/findings.ts';
import { AttentionSchema, AttributionSchema, LensSchema, TraceSchema } from '../../shared/contract/locating.ts';
import { AblationSchema, PatchSchema } from '../../shared/contract/patching.ts';
import { EmendError } from '../../shared/errors.ts';
import { fillWording } from '../../shared/fact.ts';
import { type LookName, lookNames } from '../../shared/looks.ts';
import type { EntryOf } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { canonical } from '../storage/canonical.ts';
import { languageRun } from './dissection-run.ts';
import { LanguageDissectionSchema } from './dissection-schema.ts';
import type { LibraryModel } from './library-model.ts';
import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'findings.record' | 'findings.open'>;

const Own = ['version', 'finding'] as const;
/** What is kept of each look: what it gave, without what the entry says. A schema that has been released stays as it is. */
const RESULTS = {
  trace: v.omit(TraceSchema, Own),
  lens: v.omit(LensSchema, Own),
  attribution: v.omit(AttributionSchema, Own),
  attention: v.omit(AttentionSchema, Own),
  change: v.omit(ChangeSchema, Own),
  factTraces: v.object({
    ...v.omit(FactTracesSchema, Own).entries,
    /** Those that were to be traced. */
    facts: v.array(v.object({ prompt: v.string(), subject: v.string(), target: v.string() })),
  }),
  layers: v.omit(LayersSchema, Own),
  near: v.omit(NearKeysSchema, Own),
  patch: v.omit(PatchSchema, Own),
  /** With the texts that were averaged over. */
  ablation: v.object({ ...v.omit(AblationSchema, Own).entries, averaged: v.array(v.string()) }),
  dissection: LanguageDissectionSchema,
} as const satisfies Readonly<Record<LookName, v.GenericSchema>>;
type Kept<L extends LookName> = v.InferOutput<(typeof RESULTS)[L]>;

/** A finding's file. What it says besides the result, its entry says too; {@link disagreement} holds them against each other. */
const FileSchema = v.strictObject({
  look: v.picklist(lookNames()),
  version: v.string(),
  settings: v.record(v.string(), v.unknown()),
  result: v.unknown(),
});
type File = v.InferOutput<typeof FileSchema>;

/** Keeping what was found in a version, and seeing it again. */
export function findingService({ models, preferences, found, dissections, tell }: Surroundings): Part {
  /** How what was kept of each look becomes what the look gave. */
  const opened: { readonly [L in LookName]: (kept: Kept<L>, of: Of) => FoundBy<L> } = {
    trace: (kept, { version, finding }) => ({ version, finding, ...kept }),
    lens: (kept, { version, finding }) => ({ version, finding, ...kept }),
    attribution: (kept, { version, finding }) => ({ version, finding, ...kept }),
    attention: (kept, { version, finding }) => ({ version, finding, ...kept }),
    change: (kept, { version, finding }) => ({ version, finding, ...kept }),
    factTraces: (kept, { version, finding }) => ({ version, finding, ...kept }),
    layers: (kept, { version, finding }) => ({ version, finding, ...kept }),
    near: (kept, { version, finding }) => ({ version, finding, ...kept }),
    patch: (kept, { version, finding }) => ({ version, finding, ...kept }),
    ablation: (kept, { version, finding }) => ({ version, finding, ...kept }),
    dissection: (kept, { model, version }) => dissections.keep(languageRun(model, version, kept, undefined)),
  };
  return {
    'findings.record': async ({ model: name, finding, entry: about, reason }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const by = preferences.by(reason);
      if (by.reason === '')
        throw new EmendError('bad-input', 'A finding needs a reason.', 'Say in a sentence what it shows; it is what the log shows.', {
          field: 'reason',
        });
      const { look, version, settings, result } = defined(found.get(finding, model.id)) as File;
      const { ledger } = model;
      if (about !== undefined) ledger.entry(about); // refuses before anything is written
      const file = { look, version, settings, result };
      const blob = await ledger.blobs.put(Buffer.from(canonical(file)), 'application/json');
      const body = { look, version, settings, result: blob, ...(about === undefined ? {} : { entry: about }) };
      const made = await model.append('finding', body, by);
      tell({ type: 'ledger', model: model.id });
      tell({ type: 'library' });
      return { entry: made.seq };
    },
    'findings.open': async ({ model: name, entry: seq }) => {
      const model = await models.recorded(name);
      const entry = model.ledger.entry(seq);
      if (entry.kind !== 'finding')
        throw new EmendError('bad-input', `Entry ${seq} is of kind ${entry.kind}; it keeps no finding.`, 'Choose a finding.');
      const { look, settings, version, result } = await readFinding(model.ledger, entry);
      const open = opened[look] as (kept: unknown, of: Of) => unknown;
      return { look, settings, result: open(result, { model, version, finding: entry.body.result.blob }) } as Finding;
    },
  };
}

/** Where a finding was read from. */
interface Of {
  readonly model: LibraryModel;
  readonly version: string;
  readonly finding: string;
}

/** Without fields that are undefined, which a record cannot hold; all else stays, so that what is no plain data is refused there. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, defined(one)]])));
}

/** @throws EmendError 'bad-file' when it is damaged, or does not say what its entry says */
async function readFinding(ledger: Ledger, entry: EntryOf<'finding'>): Promise<File> {
  const file = v.safeParse(FileSchema, JSON.parse(Buffer.from(await ledger.blobs.read(entry.body.result)).toString('utf8')));
  const result = file.success ? v.safeParse(RESULTS[file.output.look], file.output.result) : file;
  const issues = result.issues ?? [];
  const problem = issues[0] ? `its field ${v.getDotPath(issues[0]) ?? '(whole)'}: ${issues[0].message}` : undefined;
  const said = problem ?? disagreement(entry, file.output as File);
  if (said === undefined) return { ...(file.output as File), result: result.output };
  throw new EmendError(
    'bad-file',
    `What entry ${entry.seq} keeps is not what it says: ${said}.`,
    'Verify the ledger; bring it back from a backup.',
    { entry: entry.seq, blob: entry.body.result.blob },
  );
}

/** What an entry and its file say differently; undefined when they agree. */
function disagreement({ body }: EntryOf<'finding'>, file: File): string | undefined {
  const differs = (['look', 'version', 'settings'] as const).find((field) => canonical(body[field]) !== canonical(file[field]));
  const { prompt, subject } = body.settings;
  const asked = typeof prompt === 'string' && typeof subject === 'string' ? fillWording(prompt, subject) : prompt;
  const found = (file.result as { readonly prompt?: unknown } | null)?.prompt;
  if (typeof asked === 'string' && typeof found === 'string' && asked !== found)
    return `what was found is of the text ${JSON.stringify(found)}, and ${JSON.stringify(asked)} was asked for`;
  return differs && `its ${differs} is ${canonical(file[differs])}, the entry says ${canonical(body[differs])}`;
}

/** Entries whose finding does not say what they say. Blobs that are missing or damaged were told before. */
export async function misstated(ledger: Ledger): Promise<{ readonly entry: number; readonly message: string }[]> {
  const found: { entry: number; message: string }[] = [];
  for (const entry of ledger.entries) {
    if (entry.kind !== 'finding' || (await ledger.blobs.problem(entry.body.result)) !== undefined) continue;
    try {
      await readFinding(ledger, entry);
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
      found.push({ entry: entry.seq, message: error.message });
    }
  }
  return found;
}
