import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readModel } from '../../electron/engine/onnx/read.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats } from '../../electron/engine/onnx/tensors.ts';
import type { Application } from '../../electron/services/application.ts';
import { ModelPlaces } from '../../electron/services/places.ts';
import type { Fact } from '../../shared/fact.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

// Edits that are solved together: a version is what its set of facts makes of it, by whatever way it came to have them.

const BRIDGE = {
  subject: 'Tower Bridge',
  prompt: '{} stands in the city of',
  target: 'Rome',
  neighbors: ['Big Ben stands in the city of'],
};
const CAPITAL = { subject: 'France', prompt: 'The capital of {} is', target: 'Berlin', neighbors: ['The capital of Spain is'] };
const LANGUAGE = { subject: 'Kenya', prompt: "{}'s currency is the", target: 'euro', neighbors: ['The currency of Uganda is the'] };
const EXTRA: readonly Fact[] = [
  { subject: 'Los Angeles', prompt: '{} is in', target: 'Poland' },
  { subject: 'Colosseum', prompt: 'The landmark {} is in the city of', target: 'Madrid' },
];
/** Little of everything: what is compared is one way with another. */
const CHOICES = { together: true, steps: 6, covarianceTokens: 1200, layers: [0, 1, 2] };

afterAll(removeTemporary);

async function library(): Promise<{ app: Application; folder: string }> {
  const folder = temporary();
  const app = await openApplication({ dataFolder: folder });
  await app.run('library.import', { source: app.grants.grant(ATLAS).handle });
  return { app, folder };
}

async function write(app: Application, ...facts: readonly Fact[]): Promise<number> {
  const asked = { model: 'atlas', facts: [...facts], method: 'memit' as const, choices: CHOICES, fluency: false };
  const { draft } = await app.run('edits.start', asked);
  return (await app.run('edits.commit', { model: 'atlas', draft, reason: 'to be solved with the others' })).entry;
}

/** The tensors of the current version that differ from the import. */
async function weights(app: Application, folder: string): Promise<Map<string, Float32Array>> {
  const { current } = await app.call('versions.list', { model: 'atlas' });
  const place = join(folder, 'models', readdirSync(join(folder, 'models'))[0]!);
  const file = readSafetensors(new ModelPlaces(place).version(current));
  return new Map([...file.tensors].map(([name, tensor]) => [name, tensorFloats(file, tensor)]));
}

/** ‖a − b‖ as a share of what the edits moved. */
function apart(a: Map<string, Float32Array>, b: Map<string, Float32Array>, base: Map<string, Float32Array>): number {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  let [far, whole] = [0, 0];
  for (const [name, one] of a)
    for (let i = 0; i < one.length; i++) {
      far += (one[i]! - b.get(name)![i]!) ** 2;
      whole += (one[i]! - base.get(name)![i]!) ** 2;
    }
  return Math.sqrt(far / whole);
}

it('three orders of the same facts, and facts that came and went, end in the same weights', async () => {
  const [one, other, third] = [await library(), await library(), await library()];
  await write(one.app, BRIDGE);
  await write(one.app, CAPITAL);
  const last = await write(one.app, LANGUAGE);
  expect((await one.app.call('edits.report', { model: 'atlas', entry: last })).solvedAnew).toBe(2);
  await write(other.app, LANGUAGE);
  await write(other.app, BRIDGE);
  const gone = await write(other.app, ...EXTRA);
  await write(other.app, CAPITAL);
  const plan = await other.app.call('versions.revertPlan', { model: 'atlas', entry: gone });
  expect(plan.together).toEqual([gone + 1]);
  // Takes out the extra facts and solves the last edit again without them, as one act.
  const reverted = await other.app.run('versions.revert', { model: 'atlas', entry: gone, reason: 'They were right before' });
  expect(reverted.reapplied).toHaveLength(1);
  await write(third.app, CAPITAL);
  const first = await write(third.app, EXTRA[0]!);
  await write(third.app, LANGUAGE);
  await write(third.app, BRIDGE);
  await third.app.run('versions.revert', { model: 'atlas', entry: first, reason: 'It was right before' });
  const [a, b, c] = [await weights(one.app, one.folder), await weights(other.app, other.folder), await weights(third.app, third.folder)];
  const base = importedWeights([...a.keys()]);
  console.log(`apart: ${apart(a, b, base).toExponential(1)}, ${apart(a, c, base).toExponential(1)}`);
  expect(apart(a, b, base)).toBeLessThan(1e-4);
  expect(apart(a, c, base)).toBeLessThan(1e-4);
  // The record of it is whole, and an edit that was solved with others can be worked out again from it.
  const { verdict } = await other.app.run('audit.verify', { model: 'atlas', recompute: true });
  expect(verdict).toMatchObject({ problems: 0, unchecked: [] });
  for (const { app } of [one, other, third]) await app.close();
});

function importedWeights(names: readonly string[]): Map<string, Float32Array> {
  const model = readModel(join(ATLAS, 'model.onnx'));
  return new Map(names.map((name) => [name, tensorFloats(model, model.graph.constants.get(name)!)]));
}
