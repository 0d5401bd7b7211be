import { kindInfo, type PartKind } from '../../../shared/kinds.ts';
import { shortId } from '../../../shared/ids.ts';
import type { FileRecord } from '../../ledger/bodies.ts';
import type { EntryOf } from '../../ledger/entries.ts';
import { partOf, toldBy } from '../../ledger/kinds/index.ts';
import { askedWords, letOutWords } from '../../../shared/policy.ts';
import { steeringTitle } from '../../../shared/steering/list.ts';
import { canonical } from '../../storage/canonical.ts';
import { sha256 } from '../../storage/hash.ts';
import type { ExportClaim } from './export-claim.ts';
import type { VersionRecord } from './version-record.ts';

/** What a bill of materials is made from. */
export interface BomInputs {
  readonly record: VersionRecord;
  /** The exported model's files. */
  readonly files: readonly FileRecord[];
  /** Such as folder, tensors, lora. */
  readonly format: string;
  /** Version of the application. */
  readonly app: string;
  /** When it was exported, RFC 3339. */
  readonly time: string;
  /** Who exported it. */
  readonly author: string;
  /** How it left, where that is told. */
  readonly claim?: ExportClaim | undefined;
}

/** A CycloneDX 1.7 bill of materials as plain JSON. The parts that the verifier reads are typed. */
export interface Bom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.7';
  readonly components: readonly BomFile[];
  readonly [more: string]: unknown;
}

interface BomFile {
  readonly type: 'file';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly hashes: readonly { readonly alg: 'SHA-256'; readonly content: string }[];
  readonly properties: readonly Property[];
}

interface Property {
  readonly name: string;
  readonly value: string;
}

const MODEL = 'model';
const BASE = 'base-model';

/**
 * The ML-BOM of an exported version: what it consists of, where it comes from, what was edited, how it measured, who said what. The same
 * inputs give the same BOM.
 */
export function mlBom(inputs: BomInputs): Bom {
  const { record, files, format, app, time, author, claim } = inputs;
  const { imported, version, parts, remarks, head } = record;
  const named = { version: version.id, head: head.hash, format, time, files: files.map((file) => file.sha256) };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.7.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.7',
    serialNumber: `urn:uuid:${uuidOf(canonical(named))}`,
    version: 1,
    metadata: {
      timestamp: time,
      authors: [{ name: author }],
      tools: { components: [{ type: 'application', name: 'Emend', version: app }] },
      component: {
        type: 'machine-learning-model',
        'bom-ref': MODEL,
        name: imported.body.model.name,
        version: record.tags[0] ?? shortId(version.id),
        modelCard: modelCard(record),
        pedigree: {
          ancestors: [baseModel(record)],
          ...(parts.length > 0 ? { patches: parts.map(patch) } : {}),
          notes: `${imported.body.model.name} with ${plural(parts.length, 'change')} by Emend, applied in the order of their entries.`,
        },
        properties: properties({
          version: version.id,
          model: version.model,
          format,
          'ledger:entries': head.seq,
          'ledger:head': head.hash,
          ...(claim ? { policy: askedWords(claim.asked).join('; '), 'let-out': letOutWords(claim.letOut).join('; ') } : {}),
        }),
      },
    },
    components: files.map(({ path, bytes, sha256: content }) => ({
      type: 'file',
      'bom-ref': `file:${path}`,
      name: path,
      hashes: [{ alg: 'SHA-256', content }],
      properties: properties({ bytes }),
    })),
    dependencies: [{ ref: MODEL, dependsOn: files.map((file) => `file:${file.path}`) }],
    formulation: [{ 'bom-ref': 'making', workflows: parts.map(workflow) }],
    annotations: remarks.map((remark) => ({
      'bom-ref': `annotation:${remark.seq}`,
      subjects: [MODEL],
      annotator: { individual: { name: remark.author } },
      timestamp: remark.time,
      text: remarkText(remark),
    })),
    externalReferences: [
      { type: 'digital-signature', url: 'model.sig', comment: 'OpenSSF Model Signing' },
      { type: 'log', url: 'emend/ledger.jsonl', comment: 'The record of everything done to the model' },
    ],
  };
}

/** A review begins with its verdict. */
function remarkText({ kind, reason }: VersionRecord['remarks'][number]): string {
  const { verdict, said = '' } = kindInfo(kind);
  if (verdict === undefined) return reason;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${reason === '' ? '' : `: ${reason}`}`;
}

function modelCard({ parts, measured }: VersionRecord): object {
  const metrics = measured.flatMap(({ entry, suite, ofVersion, checks }) =>
    checks.flatMap((check) => {
      const slice = `entry ${entry}, ${suite}${ofVersion ? '' : ', when it was made'}`;
      const metric = (value: number, where: string) => ({ type: check.name, value: String(value), slice: where });
      return [metric(check.value, slice), ...(check.before === undefined ? [] : [metric(check.before, `${slice}, before`)])];
    }),
  );
  const facts = parts.reduce((sum, part) => sum + (toldBy(part).facts?.length ?? 0), 0);
  const steered = parts.filter((part) => partOf(part).steering !== undefined);
  return {
    modelParameters: { task: 'text-generation', inputs: [{ format: 'string' }], outputs: [{ format: 'string' }] },
    quantitativeAnalysis: { performanceMetrics: metrics },
    considerations: {
      technicalLimitations: [
        `${plural(facts, 'fact')} were written into the weights. What else they changed is known only as far as the checks in this ` +
          `document measured it.`,
        ...steered.map(
          ({ seq, body, reason }) =>
            `It is steered by ${steeringTitle(body.method)} (entry ${seq}: ${reason}). What else that changes is known only as far as ` +
            'the checks in this document measured it.',
        ),
      ],
    },
  };
}

function baseModel({ imported, version }: VersionRecord): object {
  const { model } = imported.body;
  return {
    type: 'machine-learning-model',
    'bom-ref': BASE,
    name: model.name,
    version: shortId(version.model),
    components: model.files.map(({ path, sha256: content }) => ({
      type: 'file',
      'bom-ref': `${BASE}:${path}`,
      name: path,
      hashes: [{ alg: 'SHA-256', content }],
    })),
    properties: properties({ model: version.model }),
  };
}

type Part = EntryOf<PartKind>;

/** A change of the weights, as a patch of the base model. */
function patch(part: Part): object {
  const { body } = part;
  return {
    type: 'unofficial',
    diff: { text: { contentType: 'application/json', content: canonical(differenceOf(part)) } },
    resolves: [{ type: 'defect', id: `entry ${part.seq}`, name: body.method, description: part.reason }],
  };
}

/** What a change adds to the weights, or steers the model by, each named by its hash; and the tensors that differ. */
function differenceOf(part: Part): object {
  const { delta, steering } = partOf(part);
  return { ...(delta ? { delta: delta.blob } : {}), ...(steering ? { steering: steering.blob } : {}), changed: part.body.changed };
}

/** How a change was made. */
function workflow(part: Part): object {
  const { body } = part;
  const { facts } = toldBy(part);
  return {
    'bom-ref': `entry:${part.seq}`,
    uid: part.hash,
    name: `${part.kind} by ${body.method}`,
    description: part.reason,
    taskTypes: ['other'],
    timeEnd: part.time,
    properties: properties({
      entry: part.seq,
      author: part.author,
      method: body.method,
      ...(facts === undefined ? {} : { facts: facts.length }),
      engine: part.engine,
      hyperparameters: canonical(body.hyperparameters),
      seeds: canonical(body.seeds),
    }),
  };
}

function properties(values: Readonly<Record<string, string | number>>): Property[] {
  return Object.entries(values).map(([name, value]) => ({ name: `emend:${name}`, value: String(value) }));
}

/** A UUID (RFC 9562, version 8) that follows from a text. */
function uuidOf(text: string): string {
  const hex = sha256(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
