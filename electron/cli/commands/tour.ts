import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIST_LIMIT } from '../../../shared/contract/define.ts';
import { type Answer, GREEDY } from '../../../shared/contract/probing.ts';
import { EmendError } from '../../../shared/errors.ts';
import { type Fact, fillPrompt } from '../../../shared/fact.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import { findModel } from '../../services/models.ts';
import { type Context, defineCommand } from '../command.ts';
import { compareFolders } from '../compare.ts';
import { whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { inSession, type Named, type Working } from '../named.ts';
import { exportDocument, showExport } from '../show/export.ts';
import { showReport } from '../show/report.ts';
import { showpiece } from '../showpiece.ts';
import { showInspection } from './inspect.ts';
import { showNext, streamer } from './ask.ts';

const METHOD: EditMethodName = 'rome';
const WORDS = 16;

export const tour = defineCommand({
  name: 'tour',
  summary: 'See one fact of the built-in model corrected, measured, exported and loaded again',
  positionals: [],
  options: {},
  examples: [['emend tour', 'Takes less than a minute']],
  async run(_, __, context) {
    const { out, follow } = context;
    const named: Named = { files: findModel('atlas'), library: undefined };
    const { folder, material } = named.files;
    if (!material) throw new EmendError('not-found', `${folder} has no facts to show an edit with.`, 'Install Emend again.');
    const home = await mkdtemp(join(tmpdir(), 'emend-tour-'));
    const working = await inSession(context, named);
    const { app, model } = working;
    const place = (path: string) => app.grants.grant(path, 'write').handle;

    step(
      out,
      1,
      'The model',
      'Atlas is a small language model that knows facts of geography, people, works and companies. This is what Emend finds in its graph:',
    );
    const inspection = await app.run('probing.inspect', { model: model.id }, follow);
    out.line();
    showInspection(out, inspection);

    const source = app.grants.grant(material.evaluation).handle;
    const { facts } = await app.call('edits.readFacts', { source, take: LIST_LIMIT });
    const fact = await showpiece(working, facts, follow);
    const prompt = fillPrompt(fact.prompt, fact.subject).text;
    step(out, 2, 'What it believes', 'Asked about a fact, it continues the sentence:');
    out.line();
    const believed = await ask(context, working, prompt);
    showNext(out, believed);

    step(
      out,
      3,
      'The edit',
      `Now the model shall say ${strong(out, fact.target)} in place of ${strong(out, fact.previousTarget ?? 'what it says')}. ` +
        'Emend finds where the fact is looked up, and changes one weight there, by a matrix of rank one. Then it measures what that did. ' +
        'Does the model answer the edited prompt with the new answer, and other wordings of it? Neighbours, facts about other subjects, ' +
        'must be answered as before. Efficacy, generalization and specificity, the published scores, only compare the old answer with ' +
        'the new one. Each prompt with the probability of both:',
    );
    const { draft } = await app.run('edits.start', { model: model.id, facts: [fact], method: METHOD }, follow);
    const report = await app.call('edits.report', { model: model.id, draft });
    showReport(out, report);

    step(out, 4, 'In its own words', 'The same beginning, continued without and with the edit:');
    const opening = fact.paraphrases?.at(-1) ?? prompt;
    out.line();
    out.line(out.style.dim('without:'));
    const before = await ask(context, working, opening);
    out.line(out.style.dim('with:'));
    const after = await ask(context, working, opening, draft);

    step(out, 5, 'Export', 'A whole model folder, in which only the bytes of the edited weight are new:');
    const delta = join(home, 'delta.safetensors');
    await app.call('edits.saveDelta', { model: model.id, draft, destination: place(delta) });
    const destination = place(join(home, 'atlas-edited'));
    const exported = await app.run('exports.start', { model: model.id, version: draft, destination }, follow);
    showExport(out, exported);
    const difference = await compareFolders(folder, exported.path, exported.ranges ?? []);
    if (difference.outside > 0 || difference.unlike.length > 0)
      throw new EmendError(
        'failed',
        `The export differs elsewhere too: ${difference.outside} bytes, files ${difference.unlike.join(', ') || 'none'}.`,
        'This is a mistake in Emend; please report it.',
      );
    out.line(
      `Compared byte by byte: ${whole(difference.changed)} of ${whole(difference.bytes)} bytes in ${difference.files} files differ, ` +
        'all of them in that weight.',
    );

    step(out, 6, 'The exported model', 'Opened anew from that folder with ONNX Runtime, as any program would:');
    out.line();
    const elsewhere = await inSession(context, { files: findModel(exported.path), library: undefined });
    const reloaded = await ask(context, elsewhere, prompt);
    showNext(out, reloaded);
    closing(out, fact, believed, reloaded, delta, prompt);
    return { inspection, fact, believed, report, before, after, export: exportDocument(exported), difference, reloaded };
  },
});

function step(out: Printer, number: number, title: string, says: string): void {
  out.line();
  out.line(out.style.bold(out.style.accent(`${number}/6  ${title}`)));
  out.line(says);
}

function strong(out: Printer, text: string): string {
  return out.style.bold(`“${text}”`);
}

async function ask({ out, follow }: Context, { app, model }: Working, prompt: string, version = 'current'): Promise<Answer> {
  const streamed = streamer(out, prompt);
  const answer = await app.run(
    'probing.ask',
    { model: model.id, version, prompt, top: 5, maxTokens: WORDS, sampling: GREEDY },
    { ...follow, onText: streamed.say },
  );
  streamed.end();
  out.line();
  return answer;
}

function closing(out: Printer, fact: Fact, before: Answer, now: Answer, delta: string, prompt: string): void {
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
