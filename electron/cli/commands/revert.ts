import type { Result } from '../../../shared/contract.ts';
import { defineCommand } from '../command.ts';
import { counted, short } from '../format/ids.ts';
import type { Printer } from '../format/printer.ts';
import { entryNumber, LIBRARY_MODEL, libraryModel } from '../named.ts';
import { demanded, flag, text } from '../options.ts';
import { showChecks } from '../show/checks.ts';
import { showFallen } from '../show/fallen.ts';
import { factLine, factsLine } from '../show/facts.ts';

export const revert = defineCommand({
  name: 'revert',
  summary: 'Take one edit out, and check those that were made after it again',
  positionals: [LIBRARY_MODEL, { name: 'entry', help: 'Number of the edit’s entry, as `emend log` lists it' }],
  options: {
    reason: text('TEXT', 'Why, for the record'),
    reapply: flag('Work the later edits out anew on what is left'),
    plan: flag('Only show what would be done'),
  },
  examples: [
    ['emend revert atlas 3 --plan', 'What depends on it'],
    ['emend revert atlas 3 --reason "It was wrong after all"', 'Take it out'],
  ],
  async run(values, [name, given], context) {
    const { out, follow } = context;
    const entry = entryNumber(given!);
    const reason = values.plan ? '' : demanded(values.reason, 'revert', '--reason', 'Say why: --reason "…", or look first: --plan.');
    const { app, model } = await libraryModel(context, name!, { readOnly: values.plan });
    const plan = await app.call('versions.revertPlan', { model: model.id, entry });
    showPlan(out, plan, values.reapply);
    if (values.plan) return plan;
    const done = await app.run('versions.revert', { model: model.id, entry, reason, reapply: values.reapply }, follow);
    out.line();
    out.line(`Entry ${entry} is taken out; ${model.name} is at version ${short(done.version)}. Recorded as entry ${done.entry}.`);
    if (done.reapplied.length > 0) out.line(`Worked out anew: ${done.reapplied.map((one) => `entry ${one}`).join(', ')}.`);
    if (done.fallen.length > 0) {
      out.heading(done.fallen.length === 1 ? '1 fact does not hold' : `${done.fallen.length} facts do not hold`);
      showFallen(out, done.fallen);
    }
    if (done.checks.length > 0) {
      out.heading(done.reapplied.length > 0 ? `Entry ${done.reapplied.at(-1)}, checked` : 'What is left, checked again');
      showChecks(out, done.checks);
    }
    return { plan, ...done };
  },
});

function showPlan(out: Printer, plan: Result<'versions.revertPlan'>, reapply: boolean): void {
  out.line(`Entry ${plan.entry} wrote:`);
  for (const fact of plan.facts) out.line(`  ${factLine(fact)}`);
  if (plan.later.length === 0) {
    out.line('No edit in force was made on top of it.');
    return;
  }
  const edits = counted(plan.later.length, 'edit');
  const last = plan.together.at(-1);
  if (reapply) out.line(`Made on top of it, and to be worked out anew: ${edits}`);
  else if (last === undefined) out.line(`Made on top of it, and to stay as they are: ${edits}`);
  else {
    const others = plan.later.length > 1 ? ' The others stay as they are.' : '';
    out.line(`Made on top of it: ${edits}. Entry ${last} was solved together with it, and is solved again without it.${others}`);
  }
  out.table(
    plan.later.map((one) => [`entry ${one.entry}`, factsLine(one.facts), out.style.dim(one.reason)]),
    { indent: 2 },
  );
}
