import { EmendError } from '../../../../shared/errors.ts';
import { iti as descriptor } from '../../../../shared/steering/iti.ts';
import type { Part } from '../../../../shared/steering/intervention.ts';
import { accuracyOf } from '../../linalg/logistic.ts';
import type { Matrix } from '../../linalg/matrix.ts';
import { rowsOf } from '../direction.ts';
import { bestHeads, type Head, headPart, massMean, probes, spreadAlong } from '../iti.ts';
import type { DefaultsOf, Example, PlaceFinding, SettingsOf, SteeringMethod } from '../method.ts';
import { headsOf, statesAt } from '../states.ts';
import type { Vectors } from '../steering.ts';
import { positionsFor } from '../where.ts';

type Settings = SettingsOf<typeof descriptor>;

export const iti: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: () => ({
    heads: { value: 48, source: 'published default' },
    alpha: { value: 15, source: 'published default' },
    direction: { value: 'mass mean', source: 'published runs' },
    spread: { value: 'n', source: 'published code (legacy); the present one has n − 1' },
    positions: { value: 'last', source: 'published code (legacy) and paper; the published weights steer all' },
    first: { value: 0, source: 'unused unless tokens are steered from a position on' },
    validation: { value: 0.2, source: 'published default' },
    seed: { value: 42, source: 'published default' },
  }),
  everywhere: (settings) => ({ ...settings, heads: Number.MAX_SAFE_INTEGER }),
  async fit({ decoder, examples, split, tuning, settings, report }) {
    const { layers } = decoder.anatomy;
    const heads = layers.flatMap(({ attention }, layer): Head[] =>
      Array.from({ length: attention?.heads ?? 0 }, (_, head) => ({ layer, head })),
    );
    const names = layers.map((_, layer) => headsOf(decoder, layer));
    const all = await statesAt(
      decoder,
      examples.map(({ ids }) => ids),
      names,
      0,
      report,
    );
    const labels = examples.map(({ label }) => label);
    const part =
      (of: readonly Matrix[]) =>
      ({ layer, head }: Head) =>
        headPart(of[layer]!, head, layers[layer]!.attention!.headWidth);
    const textsOf = (groups: readonly number[]) => textsIn(examples, groups);
    const [train, validation, test] = [textsOf(split.train), textsOf(split.validation), textsOf(split.test)];
    const fitted = [...train, ...validation].sort((a, b) => a - b);
    bothSides(labels, train, 'probes are fitted on');
    const found = await probes(heads, part(all), labels, { train, validation }, report);
    const chosen = bestHeads(found, settings.heads);
    const spreads = tuning.length > 0 ? await statesAt(decoder, tuning, names, 0, report) : all.map((of) => rowsOf(of, fitted));
    const vectors = new Map<string, Vectors>();
    const parts = chosen.map((one): Part => {
      const direction = settings.direction === 'probe' ? one.probe.weights : massMean(part(all)(one), labels, fitted);
      const { theta, sigma } = spreadAlong(direction, part(spreads)(one), settings.spread === 'n' ? 0 : 1);
      const vector = `${one.layer}.${one.head}`;
      vectors.set(vector, { dims: [1, 1, theta.length], data: Float32Array.from(theta) });
      return {
        site: 'heads',
        head: one.head,
        layers: [one.layer],
        positions: positionsFor(settings),
        vector,
        operator: 'add',
        strength: { value: settings.alpha, unit: 'sigma' },
        sigma: [sigma],
      };
    });
    const places = found.map((one): PlaceFinding => ({
      site: 'heads',
      layer: one.layer,
      head: one.head,
      validation: one.accuracy,
      heldOut:
        test.length === 0
          ? undefined
          : accuracyOf(
              one.probe,
              rowsOf(part(all)(one), test),
              test.map((i) => labels[i]!),
            ),
      chosen: chosen.includes(one),
    }));
    return { steering: { intervention: { parts }, vectors }, readers: [], places, warnings: [] };
  },
};

/** The examples of some groups, by their numbers. */
export function textsIn(examples: readonly Example[], groups: readonly number[]): number[] {
  const wanted = new Set(groups);
  return examples.flatMap(({ group }, i) => (wanted.has(group) ? [i] : []));
}

function bothSides(labels: readonly boolean[], texts: readonly number[], what: string): void {
  const right = texts.filter((i) => labels[i]).length;
  if (right > 0 && right < texts.length) return;
  throw new EmendError(
    'bad-input',
    `Of the ${texts.length} texts that ${what}, ${right} are labelled true; expected some true and some false.`,
    'Give texts of both kinds, in several groups.',
  );
}
