import type { Application } from '../services/application.ts';
import type { Context } from './command.ts';
import { integer, text } from './options.ts';
import { UsageError } from './usage.ts';

/** Options of commands that look into a model of the library. */
export const RECORD = {
  record: text('TEXT', 'Keep what is found in the record of the model, and say what it shows'),
  attach: integer('N', 'With --record: attach it to this entry', { min: 1 }),
};

export interface Recording {
  readonly record: string | undefined;
  readonly attach: number | undefined;
}

/** Refuses what could not be recorded before anything is computed. @param recorded whether the version is one of the library */
export function mayRecord({ record, attach }: Partial<Recording>, name: string, recorded: boolean): void {
  if (attach !== undefined && record === undefined)
    throw new UsageError('--attach goes with --record.', 'Say what it shows: --record "The layers that hold it"');
  if (record !== undefined && !recorded)
    throw new UsageError(
      `--record is for versions of models of the library, and this of ${JSON.stringify(name)} is none.`,
      'Bring it in with: emend import <folder>',
    );
}

/** Records what was found, where that was asked for. @returns its entry, for the document of --json */
export async function recordFound(
  { out }: Context,
  { app, model }: { readonly app: Application; readonly model: { readonly id: string; readonly name: string } },
  finding: string,
  { record, attach }: Recording,
): Promise<{ readonly recorded?: number }> {
  if (record === undefined) return {};
  const { entry } = await app.call('findings.record', {
    model: model.id,
    finding,
    reason: record,
    ...(attach === undefined ? {} : { entry: attach }),
  });
  out.line(`Recorded as entry ${entry} of ${model.name}${attach === undefined ? '' : `, attached to entry ${attach}`}.`);
  return { recorded: entry };
}
