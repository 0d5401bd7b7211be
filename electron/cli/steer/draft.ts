import type { SteeringDraft } from '../../../shared/contract/steering.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { Context } from '../command.ts';
import { shortDraft } from '../format/ids.ts';
import { inSession, namedModel, type Working } from '../named.ts';
import type { SteerValues } from './options.ts';

/** A fitted steering on a model. */
export interface Fitted extends Working {
  readonly draft: string;
  /** Whether the model is one of the library, on whose current version the draft lies. */
  readonly recorded: boolean;
}

/**
 * The draft that is meant: one of the library's by the beginning of its id, or a file laid on the model. A file is laid on the files
 * as they are, unless it is to be recorded.
 */
export async function fittedFor(
  context: Context,
  name: string,
  wanted: string | undefined,
  { from, reason }: Pick<SteerValues, 'from' | 'reason'>,
): Promise<Fitted> {
  const records = reason !== undefined;
  const named = await namedModel(context, name, { readOnly: !records });
  if (from !== undefined) {
    const { app, model } = records && named.library ? named.library : await inSession(context, named);
    const { draft } = await app.call('steering.import', { model: model.id, source: app.grants.grant(from).handle });
    return { app, model, draft, recorded: records && named.library !== undefined };
  }
  if (!named.library)
    throw new EmendError(
      'bad-input',
      `${JSON.stringify(name)} is no model of the library, so it has no fitted steering.`,
      'Name a steering file with --from FILE (emend steer fit … --save FILE), or import the model.',
    );
  const { app, model } = named.library;
  const { drafts } = await app.call('steering.drafts', { model: model.id });
  return { app, model, draft: called(drafts, wanted).id, recorded: true };
}

/** The draft whose id begins so; the only one that fits the current version when nothing is named. */
function called(drafts: readonly SteeringDraft[], wanted: string | undefined): SteeringDraft {
  const fitting = drafts.filter(({ id, stale }) => (wanted === undefined ? !stale : id.startsWith(wanted.toLowerCase())));
  if (fitting.length === 1) return fitting[0]!;
  const listed = drafts.map(({ id, title, stale }) => `${shortDraft(id)} (${stale ? 'outdated: ' : ''}${title})`).join('; ') || 'none';
  throw new EmendError(
    fitting.length === 0 ? 'not-found' : 'bad-input',
    (wanted === undefined
      ? 'Which steering is meant is not clear; '
      : `${fitting.length} steerings have an id that begins with ${wanted}; `) + `there are: ${listed}.`,
    'Fit one with emend steer fit, or give the beginning of one of these ids.',
  );
}
