import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { LAST, touchedOf, type Positions } from '../../../shared/steering/positions.ts';
import type { Operator } from '../../../shared/steering/operators.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import { Golden, holdRun, holdWritten, ids, logitsOf, name, one, steerCases, steeringOf, Written, written } from './cases.ts';

const Run = v.object({ logits: name, ...Written.entries });
const Spec = v.object({
  actadd: v.object({
    cases: v.array(
      v.object({
        name: v.string(),
        layer: v.number(),
        alignment: v.picklist(['front', 'mid', 'back']),
        prompt: ids,
        touched: ids,
        vector: name,
        ...Run.entries,
      }),
    ),
    padded: v.object({ of: v.string(), prompt: ids, logits: name, logits_without_padding: name }),
    both: v.object({ of: v.array(v.string()), prompt: ids, logits: name }),
  }),
  repe: v.object({
    hidden_layers: ids,
    layers: v.record(v.string(), v.object({ sign: v.number() })),
    tensors: v.object({ directions: name }),
    control_layers: ids,
    control_blocks: ids,
    prompt: ids,
    control: v.array(v.object({ operator: v.string(), coefficient: v.number(), ...Run.entries })),
    positions: v.array(v.object({ token_pos: v.union([v.string(), v.number(), ids]), touched: ids, logits: name })),
    projection: Run,
    projection_positive_part: v.object({ logits: name }),
  }),
  caa: v.object({
    layer: v.number(),
    multiplier: v.number(),
    last: name,
    before_last: name,
    prompt: ids,
    operators: v.record(v.string(), v.object({ logits: name })),
    from_position: v.object({ first: v.number(), ...Run.entries }),
  }),
  repeng: v.optional(
    v.object({
      blocks: ids,
      pca_center: name,
      prompt: ids,
      control_blocks: ids,
      coefficient: v.number(),
      logits: name,
      logits_normalised: name,
      ...Written.entries,
    }),
  ),
});

const cases = steerCases();
const said: string[] = [];

describe.skipIf(cases.length === 0)('steered runs', () => {
  afterAll(() => console.log(said.join('\n')));
  test.each(cases)('$name', async (one_) => {
    const golden = await Golden.open(one_);
    const spec = v.parse(Spec, golden.json);
    const { plain } = golden.spec;
    golden.hold('plain logits', golden.columns(await logitsOf(golden.decoder, plain.prompt)), golden.floats(plain.logits));
    const free = await written(golden.decoder, plain.prompt, plain.generated.length);
    expect(free.generated).toEqual(plain.generated);
    golden.hold('plain steps', golden.columns(free.steps.flatMap((s) => [...s])), golden.floats(plain.step_logits));

    // Activation Addition: the vectors already have their coefficient.
    const added = (of: (typeof spec.actadd.cases)[number], to = of.alignment) => {
      const dims = golden.dims(of.vector);
      const positions: Positions = { kind: 'aligned', to, tokens: dims[0]! };
      return {
        site: 'entering' as const,
        layers: [of.layer],
        positions,
        operator: 'add' as const,
        strength: { value: 1, unit: 'raw' as const },
        vectors: { dims: [1, dims[0]!, dims[1]!] as const, data: golden.floats(of.vector) },
      };
    };
    for (const of of spec.actadd.cases) {
      const whole = { prompt: of.prompt.length, answer: of.prompt.length };
      expect(touchedOf(added(of).positions, of.prompt.length + 5, whole), of.name).toEqual(of.touched);
      await holdRun(golden, 'actadd', steeringOf([added(of)]), of.prompt, of);
    }
    const middle = spec.actadd.cases.find(({ alignment }) => alignment === 'mid')!;
    await holdWritten(golden, 'actadd written', steeringOf([added(middle)]), middle.prompt, middle);
    const named = (wanted: string) => spec.actadd.cases.find((of) => of.name === wanted)!;
    const { padded, both } = spec.actadd;
    const spaced = await logitsOf(steered(golden.decoder, steeringOf([added(named(padded.of))])), padded.prompt);
    golden.hold('actadd padded', golden.columns(spaced), golden.floats(padded.logits));
    await holdRun(golden, 'actadd both', steeringOf(both.of.map((of) => added(named(of), 'front'))), both.prompt, both);
    // As long as the prompt is allowed, longer is not.
    const long = named(padded.of);
    const short = logitsOf(steered(golden.decoder, steeringOf([added(long)])), long.prompt.slice(0, golden.dims(long.vector)[0]! - 1));
    await expect(short).rejects.toThrow(/tokens; the steering lies on/);

    // Control by reading vectors.
    const { repe } = spec;
    const directions = golden.floats(repe.tensors.directions);
    const width = golden.spec.hidden;
    const control = (operator: Operator, coefficient: number, positions: Positions, keepsNorm = false) =>
      steeringOf(
        repe.control_layers.map((hidden, at) => {
          const row = repe.hidden_layers.indexOf(hidden);
          const { sign } = repe.layers[String(hidden)]!;
          return {
            site: 'residual' as const,
            layers: [repe.control_blocks[at]!],
            positions,
            operator,
            strength: { value: coefficient, unit: 'raw' as const },
            keepsNorm,
            vectors: one(directions.slice(row * width, (row + 1) * width).map((x) => x * sign)),
          };
        }),
      );
    const OPERATORS: Record<string, readonly [Operator, boolean]> = {
      linear_comb: ['add', false],
      piecewise_linear: ['piecewise', false],
      linear_comb_normalised: ['add', true],
    };
    const everywhere: Positions = { kind: 'all' };
    for (const run of repe.control) {
      const [operator, keepsNorm] = OPERATORS[run.operator]!;
      await holdRun(golden, `repe ${run.operator}`, control(operator, run.coefficient, everywhere, keepsNorm), repe.prompt, run);
    }
    for (const run of repe.positions) {
      const at = { end: [-1], start: [0] }[String(run.token_pos)] ?? [run.token_pos].flat().map(Number);
      const positions: Positions = { kind: 'at', positions: at };
      expect(touchedOf(positions, repe.prompt.length, { prompt: repe.prompt.length, answer: repe.prompt.length })).toEqual(run.touched);
      await holdRun(golden, 'repe positions', control('add', repe.control[0]!.coefficient, positions), repe.prompt, run);
    }
    await holdRun(golden, 'repe projection', control('project out', 1, everywhere), repe.prompt, repe.projection);
    const positive = repe.projection_positive_part;
    await holdRun(golden, 'repe positive part', control('project out positive', 1, everywhere), repe.prompt, positive);

    // Difference of means.
    const { caa } = spec;
    const part = (operator: Operator, value: number, positions: Positions, vector = caa.last) => ({
      site: 'residual' as const,
      layers: [caa.layer],
      positions,
      operator,
      strength: { value, unit: 'raw' as const },
      vectors: one(golden.floats(vector)),
    });
    const ways: Record<string, ReturnType<typeof part>[]> = {
      addition: [part('add', caa.multiplier, everywhere)],
      ablation: [part('project out', 1, everywhere)],
      ablation_then_addition: [part('project out', 1, everywhere), part('add', caa.multiplier, everywhere)],
    };
    for (const [way, run] of Object.entries(caa.operators)) await holdRun(golden, `caa ${way}`, steeringOf(ways[way]!), caa.prompt, run);
    const from: Positions = { kind: 'from', position: caa.from_position.first };
    await holdRun(golden, 'caa from', steeringOf([part('add', caa.multiplier, from, caa.before_last)]), caa.prompt, caa.from_position);

    // Control vectors.
    const { repeng } = spec;
    if (repeng) {
      const all = golden.floats(repeng.pca_center);
      const vectors = (keepsNorm: boolean) =>
        steeringOf(
          repeng.control_blocks.map((block) => {
            const row = repeng.blocks.indexOf(block);
            return {
              site: 'residual' as const,
              layers: [block],
              positions: everywhere,
              operator: 'add' as const,
              strength: { value: repeng.coefficient, unit: 'raw' as const },
              keepsNorm,
              vectors: one(all.slice(row * width, (row + 1) * width)),
            };
          }),
        );
      await holdRun(golden, 'repeng', vectors(false), repeng.prompt, repeng);
      await holdRun(golden, 'repeng normalised', vectors(true), repeng.prompt, { logits: repeng.logits_normalised });
    }
    expect(LAST).toEqual({ kind: 'answer', offset: -1 });
    said.push(`${one_.name}: ${golden.said()}`);
  });
});
