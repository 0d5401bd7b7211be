import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { changedBytes, withDelta } from '../../../electron/engine/edit/delta.ts';
import { patchModel } from '../../../electron/engine/onnx/patch.ts';
import { tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import { bakePlan } from '../../../electron/engine/steer/bake.ts';
import { exportable, exportGraph, proveExport, weightsOf } from '../../../electron/engine/steer/export.ts';
import { PlainRun } from '../../../electron/engine/steer/plain-run.ts';
import type { Steering } from '../../../electron/engine/steer/steering.ts';
import { silent } from '../../../shared/progress.ts';
import { LAST, type Positions } from '../../../shared/steering/positions.ts';
import { Golden, ids, name, one, steerCases, steeringOf } from './cases.ts';

const Spec = v.object({
  actadd: v.object({
    cases: v.array(
      v.object({
        layer: v.number(),
        alignment: v.picklist(['front', 'mid', 'back']),
        prompt: ids,
        vector: name,
        logits: name,
        generated: ids,
      }),
    ),
  }),
  iti: v.object({
    folds: v.array(
      v.object({
        heads: v.array(v.tuple([v.number(), v.number()])),
        sigma: v.array(v.number()),
        theta: name,
        runs: v.optional(
          v.array(
            v.object({
              alpha: v.number(),
              prompt: ids,
              logits_all: name,
              generated: ids,
              generated_all: ids,
              bias: name,
              bias_layers: ids,
            }),
          ),
          [],
        ),
      }),
    ),
  }),
  repe: v.object({
    hidden_layers: ids,
    layers: v.record(v.string(), v.object({ sign: v.number() })),
    tensors: v.object({ directions: name }),
    control_layers: ids,
    control_blocks: ids,
    prompt: ids,
    control: v.array(v.object({ operator: v.string(), coefficient: v.number(), logits: name, generated: v.optional(ids) })),
    projection: v.object({ logits: name, generated: ids }),
  }),
  dola: v.object({
    generation: v.array(
      v.object({
        candidates: ids,
        relative_top: v.number(),
        repetition_penalty: v.number(),
        norm: v.boolean(),
        divergence: v.optional(v.literal('jsd')),
        prompt: ids,
        generated: ids,
      }),
    ),
  }),
});

const cases = steerCases();
const said: string[] = [];
const everywhere: Positions = { kind: 'all' };

describe.skipIf(cases.length === 0)('exported steering', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'emend-baking-'));
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
    console.log(said.join('\n'));
  });
  test.each(cases)('$name', async (case_) => {
    const golden = await Golden.open(case_);
    const { decoder } = golden;
    const spec = v.parse(Spec, golden.json);
    let exports = 0;
    /** Exports as the application does, proves it, and gives the model as plain ONNX Runtime runs it. */
    const exported = async (what: string, steering: Steering, prompt: readonly number[]): Promise<{ run: PlainRun; ways: string[] }> => {
      const plan = exportable(decoder, steering, true);
      const others = weightsOf(plan);
      const target = join(scratch, `${cases.indexOf(case_)}-${exports++}`);
      const changes = changedBytes(withDelta(decoder, { weights: [], others }));
      const { model } = await patchModel({ model: decoder.source, target, changes });
      await exportGraph(decoder, steering, plan, model);
      const { largest } = await proveExport(decoder, steering, model, [prompt], silent);
      golden.hold(`proof of ${what}`, [largest], [0]);
      return { run: await PlainRun.open(model, decoder), ways: plan.changes.map(({ way }) => way) };
    };
    const hold = async (
      what: string,
      steering: Steering,
      wanted: { prompt: readonly number[]; logits?: string | undefined; generated?: readonly number[] | undefined },
      penalty = 1,
    ) => {
      const { run, ways } = await exported(what, steering, wanted.prompt);
      if (wanted.logits !== undefined) golden.hold(what, golden.columns(await run.read(wanted.prompt)), golden.floats(wanted.logits));
      if (wanted.generated) expect(await run.write(wanted.prompt, wanted.generated.length, penalty), what).toEqual(wanted.generated);
      await run.release();
      return ways;
    };

    // ITI as a bias of the output projection, where there is one; else as nodes.
    const fold = spec.iti.folds.find(({ runs }) => runs.length > 0)!;
    const { alpha, prompt, ...run } = fold.runs[0]!;
    const theta = golden.floats(fold.theta);
    const width = golden.spec.head_size;
    const shift = (positions: Positions) =>
      steeringOf(
        fold.heads.map(([layer, head], at) => ({
          site: 'heads' as const,
          head,
          layers: [layer],
          positions,
          operator: 'add' as const,
          strength: { value: alpha, unit: 'sigma' as const },
          sigma: [fold.sigma[at]!],
          vectors: one(theta.slice(at * width, (at + 1) * width)),
        })),
      );
    const ways = await hold('iti all', shift(everywhere), { prompt, logits: run.logits_all, generated: run.generated_all });
    expect(new Set(ways).size).toBe(1);
    if (ways[0] === 'weights') {
      const biased = withDelta(decoder, { weights: [], others: weightsOf(bakePlan(decoder, shift(everywhere))) });
      const biases = [...biased.changes].map(([constant, tensor]) => {
        const before = tensorFloats(decoder.model, decoder.graph.constants.get(constant)!);
        return tensorFloats(biased.model, tensor).map((x, i) => x - before[i]!);
      });
      golden.hold(
        'iti bias',
        biases.flatMap((bias) => [...bias]),
        golden.floats(run.bias),
      );
    }
    await hold('iti last', shift(LAST), { prompt, generated: run.generated });

    // Activation Addition in the graph: a table of vectors by position.
    for (const alignment of ['front', 'mid'] as const) {
      const of = spec.actadd.cases.find((one_) => one_.alignment === alignment)!;
      const [tokens, size] = golden.dims(of.vector) as [number, number];
      const part = {
        site: 'entering' as const,
        layers: [of.layer],
        operator: 'add' as const,
        strength: { value: 1, unit: 'raw' as const },
      };
      const positions: Positions = { kind: 'aligned', to: alignment, tokens };
      const vectors = { dims: [1, tokens, size] as const, data: golden.floats(of.vector) };
      expect(await hold(`actadd ${alignment}`, steeringOf([{ ...part, positions, vectors }]), of)).toEqual(['graph']);
    }

    // Control by reading vectors: added as a bias of the down-projection where there is one, projected out in the graph.
    const { repe } = spec;
    const directions = golden.floats(repe.tensors.directions);
    const hidden = golden.spec.hidden;
    const control = (operator: 'add' | 'project out', value: number) =>
      steeringOf(
        repe.control_layers.map((layer, at) => {
          const row = repe.hidden_layers.indexOf(layer);
          const { sign } = repe.layers[String(layer)]!;
          return {
            site: 'residual' as const,
            layers: [repe.control_blocks[at]!],
            positions: everywhere,
            operator,
            strength: { value, unit: 'raw' as const },
            vectors: one(directions.slice(row * hidden, (row + 1) * hidden).map((x) => x * sign)),
          };
        }),
      );
    const added = repe.control.find(({ operator }) => operator === 'linear_comb')!;
    await hold('control vector', control('add', added.coefficient), { ...added, prompt: repe.prompt });
    expect(new Set(await hold('projection', control('project out', 1), { ...repe.projection, prompt: repe.prompt }))).toEqual(
      new Set(['graph']),
    );

    // Ablated units: rows of the down-projection.
    const part = {
      site: 'key' as const,
      layers: [1],
      positions: everywhere,
      operator: 'scale' as const,
      strength: { value: 0, unit: 'raw' as const },
    };
    expect(await hold('units', steeringOf([{ ...part, units: [3, 7] }]), { prompt })).toEqual(['weights']);

    // What depends on how far the answer has come is refused, and said why.
    const late = steeringOf([{ ...part, positions: { kind: 'answer', offset: 4 }, units: [3] }]);
    expect(bakePlan(decoder, late).changes.map(({ way }) => way)).toEqual(['impossible']);
    expect(() => exportable(decoder, late, true)).toThrow(/cannot be told in a graph/);

    const dola = spec.dola.generation.find(({ candidates }) => candidates.length > 1)!;
    const rule = {
      kind: 'dola' as const,
      candidates: dola.candidates,
      relativeTop: dola.relative_top,
      repetitionPenalty: dola.repetition_penalty,
      norm: dola.norm,
      divergence: 'coded' as const,
      scoring: 'truthfulqa' as const,
    };
    await hold('DoLa', steeringOf([], rule), { prompt: dola.prompt, generated: dola.generated }, dola.repetition_penalty);
    said.push(`${case_.name}: ${golden.said()}`);
  });
});
