import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import type { CheckRecord, CheckReport, PromptReport } from '../../engine/records.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { Answer, ModelRef } from '../../engine/jobs.ts';
import { compareFolders } from '../../services/compare.ts';
import { driftTexts } from '../../services/drift.ts';
import { readFactFile } from '../../services/facts.ts';
import { findModel } from '../../services/models.ts';
import { showpiece } from '../../services/tour.ts';
import { type Context, defineCommand } from '../command.ts';
import { percent, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { showCheck } from '../show/check.ts';
import { showEdit } from '../show/edit.ts';
import { showExport } from '../show/export.ts';
import { showInspection } from './inspect.ts';
import { showNext, streamer } from './ask.ts';

const METHOD: EditMethodName = 'rome';
const WORDS = 16;
const GREEDY = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };

export const tour = defineCommand({
  name: 'tour',
  summary: 'See one fact of the built-in model corrected, measured, exported and loaded again',
  positionals: [],
  options: {},
  examples: [['emend tour', 'Takes less than a minute']],
  async run(_, __, context) {
    const { jobs, out, follow } = context;
    const model = findModel('atlas');
    const { folder, material } = model;
    if (!material) throw new EmendError('not-found', `${folder} has no facts to show an edit with.`, 'Install Emend again.');
    const home = await mkdtemp(join(tmpdir(), 'emend-tour-'));

    step(
      out,
      1,
      'The model',
      'Atlas is a small language model that knows facts of geography, people, works and companies. This is what Emend finds in its graph:',
    );
    const inspection = await jobs.run('inspect', { model: { folder } }, follow);
    out.line();
    showInspection(out, inspection);

    const all = (await readFactFile(material.evaluation)).records;
    const record = await showpiece(jobs, folder, all, follow);
    const { fact } = record;
    const prompt = fillPrompt(fact.prompt, fact.subject).text;
    step(out, 2, 'What it believes', 'Asked about a fact, it continues the sentence:');
    out.line();
    const believed = await ask(context, { folder }, prompt);
    showNext(out, believed);

    step(
      out,
      3,
      'The edit',
      `Now the model shall say ${strong(out, fact.target)} in place of ${strong(out, fact.previousTarget ?? 'what it says')}. Emend finds where the fact is looked up, and changes one weight there, by a matrix of rank one:`,
    );
    const delta = join(home, 'delta.safetensors');
    const edit = await jobs.run(
      'edit',
      { model: { folder }, facts: [fact], method: METHOD, covarianceText: material.corpus, save: delta },
      follow,
    );
    showEdit(out, edit);
    for (const warning of edit.warnings) context.warn(warning.message, warning.hint);

    step(
      out,
      4,
      'What the edit did',
      'Efficacy: the edited prompt. Generalization: other wordings of it. Specificity: neighbours, facts about other subjects that have the old answer and must keep it. Each with the probability of the old and of the new answer:',
    );
    const drift = await driftTexts({ material, edited: [record], others: [] });
    const report = await jobs.run(
      'check',
      { model: { folder, delta }, records: [record], options: { generation: false, ...drift } },
      follow,
    );
    out.line();
    showPrompts(out, report);
    out.line();
    showCheck(out, report);

    step(out, 5, 'In its own words', 'The same beginning, continued without and with the edit:');
    const opening = record.paraphrases.at(-1) ?? prompt;
    out.line();
    out.line(out.style.dim('without:'));
    const before = await ask(context, { folder }, opening);
    out.line(out.style.dim('with:'));
    const after = await ask(context, { folder, delta }, opening);

    step(out, 6, 'Export', 'A whole model folder, in which only the bytes of the edited weight are new:');
    const exported = await jobs.run('export', { model: { folder, delta }, target: join(home, 'atlas-edited') }, follow);
    showExport(out, exported);
    const difference = await compareFolders(folder, exported.target, exported.changed);
    if (difference.outside > 0 || difference.unlike.length > 0)
      throw new EmendError(
        'failed',
        `The export differs elsewhere too: ${difference.outside} bytes, files ${difference.unlike.join(', ') || 'none'}.`,
        'This is a mistake in Emend; please report it.',
      );
    out.line(
      `Compared byte by byte: ${whole(difference.changed)} of ${whole(difference.bytes)} bytes in ${difference.files} files differ, all of them in that weight.`,
    );

    step(out, 7, 'The exported model', 'Opened anew from that folder with ONNX Runtime, as any program would:');
    out.line();
    const reloaded = await ask(context, { folder: exported.target }, prompt);
    showNext(out, reloaded);
    closing(out, record, believed, reloaded, delta, prompt);
    return { inspection, fact, believed, edit, report, before, after, export: exported, difference, reloaded };
  },
});

function step(out: Printer, number: number, title: string, says: string): void {
  out.line();
  out.line(out.style.bold(out.style.accent(`${number}/7  ${title}`)));
  out.line(says);
}

function strong(out: Printer, text: string): string {
  return out.style.bold(`“${text}”`);
}

async function ask({ jobs, out, follow }: Context, model: ModelRef, prompt: string): Promise<Answer> {
  const streamed = streamer(out, prompt);
  const answer = await jobs.run('ask', { model, prompt, top: 5, maxTokens: WORDS, sampling: GREEDY }, { ...follow, onText: streamed.say });
  streamed.end();
  out.line();
  return answer;
}

/** Every prompt with the probability of both answers. */
function showPrompts(out: Printer, report: CheckReport): void {
  const { rewrite, paraphrases, neighbors } = report.records[0]!;
  const row = (kind: string, { prompt, previous, wanted }: PromptReport) => [
    kind,
    shorten(oneLine(prompt), 64),
    ...[previous, wanted].map((one) => (one ? percent(Math.exp(-one.nll)) : '')),
  ];
  out.table(
    [
      ['', 'prompt', 'old', 'new'],
      row('edited', rewrite),
      ...paraphrases.map((one) => row('wording', one)),
      ...neighbors.map((one) => row('neighbour', one)),
    ],
    { heading: true, right: [2, 3] },
  );
}

function closing(out: Printer, { fact }: CheckRecord, before: Answer, now: Answer, delta: string, prompt: string): void {
  const took = now.text.trimStart().startsWith(fact.target);
  out.line();
  out.line(
    took
      ? out.style.good(`It said${quote(before.text)}, and now it says${quote(now.text)}. The edit is in the file, not in this program.`)
      : `It says${quote(now.text)}; the edit did not make it say “${fact.target}”.`,
  );
  out.line();
  out.line('Try it yourself:');
  out.line(`  emend ask atlas ${JSON.stringify(prompt)} --edit ${delta}`);
  out.line('  emend edit atlas --subject "…" --prompt "… {} …" --target "…" --save delta.safetensors');
  out.line('  emend --help');
}

function quote(text: string): string {
  return ` “${shorten(oneLine(text), 40)}”`;
}
