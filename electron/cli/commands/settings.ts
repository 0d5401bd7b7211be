import type { Settings } from '../../../shared/contract/settings.ts';
import { demandedNames, forDemanded, MEASURES } from '../../../shared/measures.ts';
import { defineCommand } from '../command.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { choice, number, text, type Values } from '../options.ts';
import { given } from '../../../shared/given.ts';

const share = { min: 0, max: 1 };
const settingsOptions = {
  author: text('NAME', 'Who signs entries'),
  requireChecks: choice(['yes', 'no'], 'Whether exports need checks above the thresholds'),
  requireApproval: choice(['none', 'anyone', 'someone-else'], 'Who must approve a version before it is exported'),
  ...forDemanded((name) => number('X', MEASURES[name].demand.option, share)),
};

export const settings = defineCommand({
  name: 'settings',
  summary: 'Show the settings, or change them',
  positionals: [],
  options: settingsOptions,
  examples: [
    ['emend settings', 'As they are'],
    ['emend settings --author "Ada" --require-approval someone-else --answers 0.95', 'Change some'],
  ],
  async run(values, _, { out, open, home, warn }) {
    const isChange = Object.values(values).some((value) => value !== undefined);
    const app = await open({ readOnly: !isChange });
    const { settings: before, suggestedAuthor, notices } = await app.call('settings.get', {});
    for (const { message, hint } of notices) warn(message, hint);
    const now = isChange ? (await app.call('settings.set', { settings: changed(before, values) })).settings : before;
    showSettings(out, now, suggestedAuthor, home);
    return { settings: now, home };
  },
});

/** The settings that the options change, whole. */
function changed({ thresholds, policy }: Settings, values: Values<typeof settingsOptions>): Partial<Settings> {
  const { author, requireChecks, requireApproval } = values;
  return {
    ...given({ author }),
    thresholds: forDemanded((name) => values[name] ?? thresholds[name]),
    policy: {
      requireChecks: requireChecks === undefined ? policy.requireChecks : requireChecks === 'yes',
      requireApproval: requireApproval ?? policy.requireApproval,
    },
  };
}

function showSettings(out: Printer, { author, threads, thresholds, policy }: Settings, suggestedAuthor: string, home: string): void {
  out.table([
    ['Author', author === '' ? `not set; entries are signed ${suggestedAuthor === '' ? 'by nobody' : suggestedAuthor}` : author],
    ['Data folder', home],
    ['Threads', threads === 0 ? 'as many as useful' : String(threads)],
    ...demandedNames().map((name) => [`Least ${name}`, percent(thresholds[name])]),
    ['Exports need checks', policy.requireChecks ? 'yes' : 'no'],
    [
      'Exports need approval',
      { none: 'no', anyone: 'by anyone', 'someone-else': 'by someone who did not make the edits' }[policy.requireApproval],
    ],
  ]);
}
