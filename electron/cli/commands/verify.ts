import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Verification } from '../../../shared/contract/audit.ts';
import { cancelled, EmendError } from '../../../shared/errors.ts';
import { Estimator } from '../../services/eta.ts';
import { type ExportVerification, verifyExport } from '../../services/verify-export.ts';
import { type Context, defineCommand } from '../command.ts';
import { counted, minute, short } from '../format/ids.ts';
import type { Printer } from '../format/printer.ts';
import { type InLibrary, inLibrary } from '../named.ts';
import { flag, text } from '../options.ts';
import { given } from '../../../shared/given.ts';

/** More sound entries than this are summed up. */
const ENTRIES_SHOWN = 40;

export const verify = defineCommand({
  name: 'verify',
  summary: 'Verify the record of a model, or a folder that was exported',
  about:
    'Of a model: the chain of entries, every file beside them, the signed checkpoints, the imported files, and the versions ' +
    'rebuilt. Of an exported folder: its signature, files and record, by nothing but the folder and a public key; no library is ' +
    'needed. Exit code 1 when something is damaged.',
  positionals: [{ name: 'model', help: 'A model of the library, or an exported folder' }],
  options: {
    against: text(
      'FOLDER',
      'Of a model: also hold its record against an export of it that lies elsewhere, which shows whether entries were cut off since',
    ),
    key: text('FILE', 'Public key of whoever made the export (PEM), had from them'),
    noRecord: flag('Do not record the result'),
  },
  examples: [
    ['emend verify atlas', 'The record of a model'],
    ['emend verify atlas --against /backup/atlas-edited', 'The record of a model, and that nothing was cut off since an export'],
    ['emend verify ./atlas-edited --key public.pem', 'An export that someone gave you'],
  ],
  async run({ against, key, noRecord }, [name], context) {
    const library = key === undefined ? await inLibrary(context, name!, { readOnly: noRecord }) : undefined;
    if (library) return verifyModel(context, library, noRecord, against);
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
    return verifyFolder(context, folder, key);
  },
});

async function verifyModel(
  context: Context,
  { app, model }: InLibrary,
  noRecord: boolean,
  against: string | undefined,
): Promise<Verification> {
  // A record that is damaged, or that another program writes to, takes no entry; it can be verified all the same.
  const record = !noRecord && model.state === 'intact';
  const found = await app.run(
    'audit.verify',
    { model: model.id, record, ...(against === undefined ? {} : { against: app.grants.grant(resolve(against)).handle }) },
    context.follow,
  );
  showVerification(context.out, found);
  if (record) context.out.line('The result is recorded.');
  if (!noRecord && model.state === 'held')
    context.warn(`The result was not recorded: ${model.says ?? 'another program writes to the record'}.`);
  if (!found.ok) context.foundWrong();
  return found;
}

function showVerification(out: Printer, found: Verification): void {
  const { style } = out;
  const sound = found.entries.filter(({ problems }) => problems.length === 0).length;
  const shown = found.entries.length <= ENTRIES_SHOWN ? found.entries : found.entries.filter(({ problems }) => problems.length > 0);
  if (shown.length > 0)
    out.table(
      [
        ['entry', 'what', 'hash', ''],
        ...shown.map((one) => [
          String(one.seq),
          one.kind ?? '?',
          one.hash === undefined ? '?' : short(one.hash),
          one.problems.length === 0 ? style.good('sound') : style.bad('damaged'),
        ]),
      ],
      { heading: true, right: [0] },
    );
  if (shown.length < found.entries.length)
    out.line(`The other ${counted(found.entries.length - shown.length, 'entry is', 'entries are')} sound.`);
  for (const { seq, problems } of shown) for (const problem of problems) out.line(style.bad(`Entry ${seq}: ${problem}`));
  out.line();
  out.line(
    `Looked at: ${counted(found.entries.length, 'entry', 'entries')} (${sound} sound), ${counted(found.blobs, 'file')} beside ` +
      `them, ${counted(found.checkpoints, 'checkpoint')}, ${counted(found.files, 'imported file')}, ` +
      `${counted(found.tensors, 'rebuilt tensor')}.`,
  );
  if (found.against)
    out.line(
      `Held against the export ${found.against.path}, whose record ends with entry ${found.against.seq} ` +
        `(${minute(found.against.time)} UTC).`,
    );
  for (const problem of found.problems.filter(({ entry }) => entry === undefined)) out.line(style.bad(problem.message));
  if (found.ok)
    out.line(style.good(`Sound${found.head ? `, up to entry ${found.head.seq} (${found.head.hash})` : ''}, ${minute(found.time)} UTC.`));
  else if (found.first)
    out.line(
      style.bad(
        `Damaged. The first damage is ` +
          `${found.first.entry === undefined ? 'outside the entries' : `at entry ${found.first.entry}`}: ${found.first.message}`,
      ),
    );
}

async function verifyFolder(context: Context, folder: string, keyFile: string | undefined): Promise<ExportVerification> {
  const { out } = context;
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
  const states = { ok: out.style.good('sound'), unsure: out.style.accent('unproven'), problem: out.style.bad('damaged') };
  out.table(found.items.map((item) => [states[item.state], item.what, item.path, item.message]));
  out.line();
  const first = found.items.find(({ state }) => state === 'problem');
  if (first) out.line(out.style.bad(`Damaged. The first damage: ${first.message}`));
  else if (found.key.from === 'folder')
    out.line(`Sound in itself. That it is from whoever says so is not proven: get their public key and give it with --key.`);
  else out.line(out.style.good(`Sound, and signed with the key ${found.key.id ?? ''} that was given.`));
  if (!found.ok) context.foundWrong();
  return found;
}

async function readKey(name: string): Promise<string> {
  return readFile(resolve(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new EmendError(
      'not-found',
      `The key ${resolve(name)} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`,
      'Give the public key as a PEM file; its owner gets it with: emend key',
    );
  });
}
