import type { Settings } from '../../../shared/contract/settings.ts';
import { buildAge } from '../../../shared/build-age.ts';
import { demandedNames, forDemanded, MEASURES } from '../../../shared/measures.ts';
import { resolve } from 'node:path';
import type { Application } from '../../services/application.ts';
import { builtOn } from '../../services/build-date.ts';
import { defineCommand } from '../command.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { choice, number, text, texts, type Values } from '../options.ts';
import { UsageError } from '../usage.ts';
import { given } from '../../../shared/given.ts';

const share = { min: 0, max: 1 };
const settingsOptions = {
  author: text('NAME', 'Who signs entries'),
  requireChecks: choice(['yes', 'no'], 'Whether exports need checks above the thresholds'),
  requireApproval: choice(
    ['none', 'anyone', 'someone-else', 'another-key'],
    'Who must approve a version before it is exported; another-key: with a signature by the key of one of the people',
  ),
  person: texts('NAME=FILE', 'Somebody whose signed approvals count, and the public half of their key'),
  withoutPerson: texts('KEY', 'Whose key does not count any more, by its id'),
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
  async run(values, _, { out, open, home }) {
    const isChange = Object.values(values).some((value) => value !== undefined && (!Array.isArray(value) || value.length > 0));
    const app = await open({ readOnly: !isChange });
    for (const person of values.person) await addPerson(app, person);
    const { settings: before, suggestedAuthor } = await app.call('settings.get', {});
    const now = isChange ? (await app.call('settings.set', { settings: changed(before, values) })).settings : before;
    showSettings(out, now, suggestedAuthor, home);
    return { settings: now, home };
  },
});

/** Somebody whose signed approvals count. @throws UsageError for what is no name and file */
async function addPerson(app: Application, person: string): Promise<void> {
  const at = person.indexOf('=');
  const [name, file] = [person.slice(0, at).trim(), person.slice(at + 1)];
  if (at < 1 || name === '' || file === '')
    throw new UsageError(`--person is ${JSON.stringify(person)}; expected a name and a file.`, 'Write --person "Grace=grace.public.pem".');
  await app.call('settings.addPerson', { source: app.grants.grant(resolve(file)).handle, name });
}

/** The settings that the options change, whole. */
function changed({ thresholds, policy }: Settings, values: Values<typeof settingsOptions>): Partial<Settings> {
  const { author, requireChecks, requireApproval, withoutPerson } = values;
  return {
    ...given({ author }),
    thresholds: forDemanded((name) => values[name] ?? thresholds[name]),
    policy: {
      requireChecks: requireChecks === undefined ? policy.requireChecks : requireChecks === 'yes',
      requireApproval: requireApproval ?? policy.requireApproval,
      people: Object.fromEntries(Object.entries(policy.people).filter(([id]) => !withoutPerson.some((gone) => id.startsWith(gone)))),
    },
  };
}

function showSettings(out: Printer, { author, threads, thresholds, policy }: Settings, suggestedAuthor: string, home: string): void {
  const built = builtOn();
  out.table([
    ['Author', author === '' ? `not set; entries are signed ${suggestedAuthor === '' ? 'by nobody' : suggestedAuthor}` : author],
    ['Data folder', home],
    ...(built === undefined ? [] : [['Built', buildAge(built, new Date()).words]]),
    ['Threads', threads === 0 ? 'as many as useful' : String(threads)],
    ...demandedNames().map((name) => [`Least ${name}`, percent(thresholds[name])]),
    ['Exports need checks', policy.requireChecks ? 'yes' : 'no'],
    [
      'Exports need approval',
      {
        none: 'no',
        anyone: 'by anyone',
        'someone-else': 'by someone who did not make the edits',
        'another-key': 'by someone who did not make the edits, signed with a key of their own',
      }[policy.requireApproval],
    ],
    ...Object.entries(policy.people).map(([id, name]) => [`Key of ${name}`, id]),
  ]);
}
