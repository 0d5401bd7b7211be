import type { Command } from './command.ts';
import { ablate } from './commands/ablate.ts';
import { anchor } from './commands/anchor.ts';
import { ask } from './commands/ask.ts';
import { attribute } from './commands/attribute.ts';
import { check } from './commands/check.ts';
import { checkpoint } from './commands/checkpoint.ts';
import { commit } from './commands/commit.ts';
import { course } from './commands/course.ts';
import { diff } from './commands/diff.ts';
import { discard } from './commands/discard.ts';
import { dissect } from './commands/dissect.ts';
import { drafts } from './commands/drafts.ts';
import { edit } from './commands/edit.ts';
import { exportCommand } from './commands/export.ts';
import { facts } from './commands/facts.ts';
import { importCommand } from './commands/import.ts';
import { inspect } from './commands/inspect.ts';
import { key } from './commands/key.ts';
import { lens } from './commands/lens.ts';
import { log } from './commands/log.ts';
import { models } from './commands/models.ts';
import { patch } from './commands/patch.ts';
import { purge } from './commands/purge.ts';
import { approve, note, reject } from './commands/remarks.ts';
import { restore } from './commands/restore.ts';
import { revert } from './commands/revert.ts';
import { rollback } from './commands/rollback.ts';
import { serve } from './commands/serve.ts';
import { settings } from './commands/settings.ts';
import { show } from './commands/show.ts';
import { steer } from './commands/steer.ts';
import { tag } from './commands/tag.ts';
import { tour } from './commands/tour.ts';
import { trace } from './commands/trace.ts';
import { verify } from './commands/verify.ts';

/** Every command, under the heading that the help shows it by. A new one is a file in commands/ and a line here. */
export const GROUPS: readonly (readonly [heading: string, commands: readonly Command[]])[] = [
  ['Models', [tour, importCommand, models, restore, purge, inspect, ask]],
  ['Looking inside', [trace, lens, attribute, patch, ablate, dissect]],
  ['Edits', [edit, check, drafts, commit, discard]],
  ['Steering', [steer]],
  ['Versions', [show, diff, course, rollback, revert, tag, exportCommand]],
  ['Record', [log, facts, note, approve, reject, verify, anchor, checkpoint]],
  ['Emend itself', [serve, settings, key]],
];
export const COMMANDS: readonly Command[] = GROUPS.flatMap(([, commands]) => commands);
