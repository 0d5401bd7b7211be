import type { Fact } from '../../shared/fact.ts';
import type { Context } from './command.ts';
import type { recipeFor } from './edit-options.ts';
import type { Working } from './named.ts';
import { flag, type Values } from './options.ts';
import { showLayers } from './show/layers.ts';
import { showNear } from './show/near.ts';
import { RECORD, recordFound } from './record.ts';
import { UsageError } from './usage.ts';

/** Looks at an edit that is not made yet; each stands in place of making it. */
export const beforehandOptions = {
  where: flag('Edit nothing: find layers to edit one fact in, where its trace and a short trial edit agree'),
  near: flag('Edit nothing: list what may move with the edit, prompts whose keys lie near those it would write'),
  ...RECORD,
};
type Asked = Values<typeof beforehandOptions>;

/** Whether only a look was asked for. @throws UsageError for two at once, or one beside what keeps an edit */
export function onlyLooks({ where, near, record, attach }: Asked, keeps: boolean): boolean {
  if (where && near) throw new UsageError('--where and --near do not go together.', 'Ask for one after the other.');
  const asked = where ? '--where' : '--near';
  if ((where || near) && keeps)
    throw new UsageError(`${asked} edits nothing, so there is nothing to --save or --export.`, `Leave ${asked} out to edit.`);
  if (!where && !near && (record !== undefined || attach !== undefined))
    throw new UsageError('--record and --attach go with --where or --near.', 'An edit is recorded by: emend commit');
  return where || near;
}

/** Looks, shows what was found, and returns it. @throws UsageError for --where of several facts */
export async function lookBeforehand(
  values: Asked,
  context: Context,
  { app, model }: Working,
  facts: readonly Fact[],
  { method, choices, hyperparameterFile, covarianceText }: Awaited<ReturnType<typeof recipeFor>>,
): Promise<unknown> {
  const { out, follow } = context;
  const asked = { model: model.id, method, choices, covarianceText, ...(hyperparameterFile ? { hyperparameterFile } : {}) };
  if (!values.where) {
    const found = await app.run('locating.near', { ...asked, facts: [...facts] }, follow);
    showNear(out, found);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  }
  const [fact, ...others] = facts;
  if (!fact || others.length > 0)
    throw new UsageError(
      `--where looks at one fact; there are ${facts.length}.`,
      'Give one by --subject, --prompt and --target, or --take 1.',
    );
  const found = await app.run('locating.layers', { ...asked, fact }, follow);
  showLayers(out, found);
  return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
}
