import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Verification } from '../../../shared/contract/audit.ts';
import { cancelled, EmendError } from '../../../shared/errors.ts';
import { Estimator } from '../../services/eta.ts';
import { type ExportVerification, verifyExport } from '../../services/verify-export.ts';
import { type Context, defineCommand } from '../command.ts';
import { type InLibrary, inLibrary } from '../named.ts';
import { flag, text } from '../options.ts';
import { mustBe } from '../show/expected.ts';
import { endFor, showExported, showVerification } from '../show/verification.ts';
import { given } from '../../../shared/given.ts';
import { readWholeText } from '../../services/whole-text.ts';

/** An entry's number and hash, as `emend checkpoint` prints them. */
const DIGEST = /^(\d{1,15}):([0-9a-f]{64})$/;

export const verify = defineCommand({
  name: 'verify',
  summary: 'Verify the record of a model, or a folder that was exported',
  about:
    'Of a model: the chain of entries, every file beside them, the signed checkpoints, the anchor beside the key, the imported files, ' +
    'and the versions rebuilt. Of an exported folder: its signature, files and record, by nothing but the folder and a public key; no ' +
    'library is needed. Exit code 1 when something is damaged, 3 when nothing is and nothing from elsewhere proves the end, 4 when ' +
    'part of it could not be looked at.',
  positionals: [{ name: 'model', help: 'A model of the library, or an exported folder' }],
  options: {
    against: text(
      'FOLDER|FILE|ENTRY:HASH',
      'Of a model: also hold its record against an export of it, a checkpoint (emend checkpoint --to FILE) or a digest that lies ' +
        'elsewhere, which shows whether entries were cut off since',
    ),
    key: text('FILE', 'Public key of whoever made the export (PEM), had from them'),
    expect: text('MODEL@VERSION', 'Which model and version it must be: name or id, and tag or id'),
    recompute: flag(
      'Of a model: also work every edit out again from its facts, seeds and hyperparameters, and compare; takes as long as they did',
    ),
    noRecord: flag('Do not record the result'),
  },
  examples: [
    ['emend verify atlas', 'The record of a model'],
    ['emend verify atlas --against /backup/atlas-edited', 'The record of a model, and that nothing was cut off since an export'],
    ['emend verify ./atlas-edited --key public.pem --expect atlas@release-1', 'An export that someone gave you'],
  ],
  async run({ against, key, expect, recompute, noRecord }, [name], context) {
    const library = key === undefined ? await inLibrary(context, name!, { readOnly: noRecord }) : undefined;
    if (library) return verifyModel(context, library, { against, expect, recompute, noRecord });
    if (against !== undefined)
      throw new EmendError(
        'bad-input',
        '--against is for a model of the library.',
        'Name the model, and with --against the folder of its export.',
      );
    const folder = resolve(name!);
    if (!existsSync(folder))
      throw new EmendError(
        'not-found',
        `There is no ${JSON.stringify(name)} to verify: neither a model of the library nor a folder ${folder}.`,
        'Give the name of a model (emend models), or the folder of an export.',
      );
    return verifyFolder(context, folder, key, expect);
  },
});

interface Asked {
  readonly against: string | undefined;
  readonly expect: string | undefined;
  readonly recompute: boolean;
  readonly noRecord: boolean;
}

async function verifyModel(
  context: Context,
  { app, model }: InLibrary,
  { against, expect, recompute, noRecord }: Asked,
): Promise<Verification> {
  if (expect !== undefined) {
    const { versions, current } = await app.call('versions.list', { model: model.id });
    mustBe(expect, {
      ...model,
      modelId: model.id,
      model: model.name,
      version: current,
      tags: versions.find(({ id }) => id === current)?.tags ?? [],
    });
  }
  // A record that is damaged, or that another program writes to, takes no entry; it can be verified all the same.
  const record = !noRecord && model.state === 'intact';
  const digest = against === undefined ? null : DIGEST.exec(against);
  const held =
    against === undefined
      ? {}
      : digest
        ? { digest: { seq: Number(digest[1]), hash: digest[2]! } }
        : { against: app.grants.grant(resolve(against)).handle };
  const found = await app.run('audit.verify', { model: model.id, record, recompute, ...held }, context.follow);
  showVerification(context.out, model, found);
  if (found.recorded !== undefined) context.out.line(`The result is recorded, as entry ${found.recorded}.`);
  else if (!noRecord)
    context.warn(
      `The result was not recorded.${model.state === 'damaged' ? '' : ` ${model.says ?? 'Nothing can be written to the record.'}`}`,
    );
  context.ends(endFor(found.verdict));
  return found;
}

async function verifyFolder(
  context: Context,
  folder: string,
  keyFile: string | undefined,
  expect: string | undefined,
): Promise<ExportVerification> {
  const publicKey = keyFile === undefined ? undefined : await readKey(keyFile);
  const { signal, onProgress } = context.follow;
  const estimator = new Estimator();
  const report = {
    check: () => {
      if (signal?.aborted) throw cancelled();
    },
    progress: (done: number, total: number) => onProgress?.(estimator.next({ phase: 'hashing', done, total })),
  };
  const found = await verifyExport(folder, { report, ...given({ publicKey }) });
  showExported(context.out, found);
  context.ends(endFor(found.verdict));
  if (expect !== undefined && found.ok) mustBe(expect, found.about);
  return found;
}

function readKey(name: string): Promise<string> {
  return readWholeText(resolve(name), 'The key', 'Give the public key as a PEM file; its owner gets it with: emend key');
}
