import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { check } from '../../electron/engine/handlers/check.ts';
import { edit } from '../../electron/engine/handlers/edit.ts';
import { ggufCheck } from '../../electron/engine/handlers/gguf-check.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { readRecords } from '../../electron/engine/evaluate/datasets.ts';
import type { CheckRecord, CheckReport } from '../../electron/engine/jobs.ts';
import { LLAMA_FOLDER } from '../../electron/engine/llama/package.ts';
import type { Application } from '../../electron/services/application.ts';
import type { JobContext } from '../../shared/progress.ts';
import { writeAtlasGguf } from '../atlas-gguf.ts';
import { installedLlama } from '../llama.ts';
import { divided } from '../../shared/told.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

/** How many single edits are laid over each file. README's figures are of 20, which take two to three minutes. */
const EDITS = Number(process.env['EMEND_GGUF_EDITS'] ?? 2);
const TYPES = ['F32', 'Q8_0', 'Q4_0'] as const;

const llama = installedLlama();
const folder = mkdtempSync(join(tmpdir(), 'emend-gguf-'));
const gguf = (type: (typeof TYPES)[number]) => join(folder, `atlas-${type}.gguf`);
const silent: JobContext = { progress: () => undefined, say: () => undefined, check: () => undefined };

describe.skipIf(llama === undefined)('edits in llama.cpp (needs node-llama-cpp, from npm or in EMEND_LLAMA)', () => {
  beforeAll(() => {
    vi.stubEnv(LLAMA_FOLDER, llama);
    // llama.cpp's threads wait for one another without rest, which stands still on a busy machine.
    vi.stubEnv('EMEND_THREADS', '1');
    for (const type of TYPES) writeAtlasGguf(gguf(type), type);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`${EDITS} edits turn the answers as in Emend, in three kinds of files`, async () => {
    const models = new OpenModels();
    const all = readRecords(readFileSync(join(ATLAS, 'evaluation.json'), 'utf8')).records;
    const records = all.filter((_, i) => i % Math.floor(all.length / EDITS) === 0).slice(0, EDITS);
    const found = new Map([['Emend', new Tally()], ...TYPES.map((type) => [type, new Tally()] as const)]);
    const largest = new Map<string, number>();
    for (const [i, record] of records.entries()) {
      const delta = join(folder, `${i}.safetensors`);
      const model = { folder: ATLAS };
      const covariance = { choices: { covarianceTokens: 8000 }, covarianceText: join(ATLAS, 'corpus.txt') };
      await edit(models, { model, facts: [record.fact], method: 'rome', ...covariance, save: delta, name: 'atlas' }, silent);
      const options = { generation: false } as const;
      const was = await check(models, { model, records: [record], options }, silent);
      const own = await check(models, { model: { ...model, delta }, records: [record], options, baseline: model }, silent);
      found.get('Emend')!.add(record, was, own);
      for (const type of TYPES) {
        const asked = await ggufCheck(models, { model, deltas: [delta], gguf: gguf(type), records: [record] }, silent);
        expect({ ...asked.file, cutOtherwise: asked.cutOtherwise }).toEqual({
          name: `atlas-${type}.gguf`,
          architecture: 'gpt2',
          type,
          cutOtherwise: 0,
        });
        found.get(type)!.add(record, asked.before, asked.after);
        largest.set(type, Math.max(largest.get(type) ?? 0, apart(own, asked.after)));
      }
    }
    console.log([...found].map(([where, tally]) => `${where}: ${tally.words()}`).join('\n'));
    console.log(`Largest difference of a target's log-probability from Emend's, nats: ${JSON.stringify([...largest])}`);
    const [emend, f32, q8, q4] = ['Emend', ...TYPES].map((where) => found.get(where)!.counts);
    expect(f32, 'float32 is the same model').toEqual(emend);
    for (const one of [q8!, q4!]) {
      expect(one.given).toBeGreaterThanOrEqual(0.9 * emend!.given);
      expect(one.wordings).toBeGreaterThanOrEqual(0.8 * emend!.wordings);
      expect(one.lost).toBeLessThanOrEqual(emend!.lost + 0.1 * (one.kept + one.shaken + one.lost));
    }
  }, 1_200_000);

  describe('of the library', () => {
    let app: Application;
    beforeAll(async () => {
      app = await openApplication();
      await app.run('library.import', { source: app.grants.grant(ATLAS).handle, name: 'atlas' });
    });
    afterAll(async () => {
      await app.close();
      await removeTemporary();
    });
    const asked = (type: (typeof TYPES)[number]) => ({ model: 'atlas', gguf: app.grants.grant(gguf(type)).handle });

    it('are asked with all that they were checked by, and nothing is recorded', async () => {
      await expect(app.run('checks.gguf', asked('Q4_0'))).rejects.toThrow('has no edit');
      const facts = [
        {
          subject: 'Tower Bridge',
          prompt: '{} stands in the city of',
          target: 'Rome',
          previousTarget: 'London',
          paraphrases: ['Tower Bridge is located in'],
          neighbors: ['Big Ben', 'Eiffel Tower', 'Brandenburg Gate'].map((one) => ({ prompt: `${one} stands in the city of` })),
        },
      ];
      const choices = { layers: [2], steps: 15, covarianceTokens: 2000 };
      const { draft } = await app.run('edits.start', { model: 'atlas', facts, method: 'rome', choices });
      await app.run('edits.commit', { model: 'atlas', draft, reason: 'It was moved' });
      const { total } = await app.call('audit.list', { model: 'atlas' });
      const { report, facts: count, warnings } = await app.run('checks.gguf', asked('Q8_0'));
      expect({ count: count.count, warnings, runtime: report.runtime, type: report.file.type }).toEqual({
        count: 1,
        warnings: [],
        runtime: expect.stringMatching(/^llama\.cpp \S+ \(node-llama-cpp 3\./) as string,
        type: 'Q8_0',
      });
      const [prompts] = report.prompts;
      expect(prompts!.map(({ kind, told }) => `${told ? 'told ' : ''}${kind}`)).toEqual([
        'edited',
        'wording',
        ...divided(facts[0]!, 'neighbours').neighbors!.map(() => 'neighbour'),
        ...divided(facts[0]!, 'neighbours').told!.neighbors.map(() => 'told neighbour'),
      ]);
      expect(prompts![0]).toMatchObject({ holds: 'both', gguf: { good: true } });
      for (const { emend, gguf: inFile } of prompts!) expect(inFile.fate).toBe(emend.fate);
      expect(report.gguf.facts[0]!.verdict).toBe(report.emend.facts[0]!.verdict);
      expect(report.gguf.facts[0]!.answerAfter).toMatch(/^ Rome/);
      expect((await app.call('audit.list', { model: 'atlas' })).total).toBe(total);
    });

    it('are refused for a file of another model', async () => {
      const other = join(temporary(), 'other.gguf');
      const bytes = readFileSync(gguf('F32')).toString('latin1').replace('gpt2', 'phi2');
      writeFileSync(other, Buffer.from(bytes, 'latin1'));
      await expect(app.run('checks.gguf', { model: 'atlas', gguf: app.grants.grant(other).handle })).rejects.toThrow(/phi2/);
    });
  });
});

/** What came of the prompts of many edits. */
class Tally {
  readonly counts = { known: 0, facts: 0, given: 0, asked: 0, wordings: 0, kept: 0, shaken: 0, lost: 0 };

  add({ fact }: CheckRecord, before: CheckReport, after: CheckReport): void {
    const { counts } = this;
    counts.facts++;
    if (before.records[0]!.answer?.trimStart().startsWith(fact.previousTarget ?? '')) counts.known++;
    const { measures, paraphrases, neighbors, sameSubject = [] } = after.records[0]!;
    counts.given += measures.exactMatch ?? 0;
    for (const { wanted } of paraphrases) {
      counts.asked++;
      if (wanted!.correct) counts.wordings++;
    }
    for (const { outcome } of [...neighbors, ...sameSubject]) counts[outcome!.fate]++;
  }

  words(): string {
    const { known, facts, given, asked, wordings, kept, shaken, lost } = this.counts;
    return (
      `${known} of ${facts} known before, ${given} given, ${wordings} of ${asked} wordings, ` +
      `of ${kept + shaken + lost} neighbours ${kept} kept, ${shaken} shaken, ${lost} lost`
    );
  }
}

/** The largest difference of a target's log-probability between two reports of the same prompts, in nats. */
function apart(one: CheckReport, other: CheckReport): number {
  const scores = ({ records: [record] }: CheckReport) =>
    [record!.rewrite, ...record!.paraphrases, ...record!.neighbors].flatMap(({ wanted, previous }) => [wanted, previous]);
  const [a, b] = [scores(one), scores(other)];
  return Math.max(...a.map((score, at) => (score ? Math.abs(score.nll - b[at]!.nll) * score.tokens : 0)));
}
