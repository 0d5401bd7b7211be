import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../../electron/ledger/kinds/index.ts';
import { bodyView, inWords, question } from '../../../shared/entry-body.ts';
import { kindNames } from '../../../shared/kinds.ts';

const blob = { blob: 'f'.repeat(64), bytes: 10, type: 'application/json' };
const evidence = [
  { role: 'factSet', ...blob },
  { role: 'delta', ...blob },
  { role: 'report', ...blob },
];

describe('the body of an entry', () => {
  it.each(kindNames())('of kind %s has words for every short field', (kind) => {
    const short = (schema: v.GenericSchema) =>
      ['x', 'f'.repeat(64), '2026-11-30T12:00:00.000Z', 7, true, [7], ['x']].find((value) => v.is(schema, value));
    const fields = Object.entries(DEFINITIONS[kind].schema.entries).flatMap(([name, schema]) => {
      const value = short(schema);
      return value === undefined ? [] : [[name, value] as const];
    });
    const view = bodyView({ kind, evidence: [], body: Object.fromEntries(fields) });
    const unnamed = view.fields.map(({ name }) => name).filter((name) => fields.some(([field]) => field === name));
    expect(unnamed).toEqual([]);
  });

  it('of an edit: hyperparameters with their sources, facts, and nothing twice', () => {
    const view = bodyView({
      kind: 'edit',
      evidence,
      body: {
        parent: 'a',
        version: 'b',
        method: 'memit',
        hyperparameters: { layers: { value: '4, 5', source: 'you' }, clamp: 0.75 },
        seeds: { contexts: 7 },
        facts: [{ subject: 'Oslo', prompt: '{} lies in', target: 'Sweden', previousTarget: 'Norway' }],
        factSet: blob,
        delta: blob,
        changed: [{ tensor: 'w', before: 'x', after: 'y', measures: { rank: 1 } }],
        checks: [{ name: 'efficacy', value: 1 }],
        evidence: { report: blob },
        details: { request: { fluency: false } },
        reapplies: 3,
      },
    });
    expect(view.hyperparameters).toEqual([
      { name: 'layers', value: '4, 5', source: 'you' },
      { name: 'clamp', value: '0.75', source: '' },
    ]);
    expect(view.fields).toEqual([{ name: 'Computes anew entry', value: '3', entry: 3 }]);
    expect(view.raw).toEqual([{ name: 'details', json: JSON.stringify({ request: { fluency: false } }, null, 2) }]);
    expect(view.parts.facts?.[0]?.previousTarget).toBe('Norway');
    expect(view.parts.changed?.[0]?.measures).toEqual({ rank: 1 });
  });

  it('of a finding: how one looked, in words, and the figure to be opened', () => {
    const view = bodyView({
      kind: 'finding',
      evidence: [{ role: 'result', ...blob }],
      body: {
        version: 'b',
        entry: 3,
        look: 'trace',
        settings: { prompt: '{} lies in', subject: 'Oslo', kinds: ['hidden', 'mlp'], odd: { of: 'a later release' } },
        result: blob,
      },
    });
    expect(view.look).toBe('trace');
    expect(view.fields).toEqual([
      { name: 'About entry', value: '3', entry: 3 },
      { name: 'Looked at', value: 'Causal trace' },
      { name: 'Text', value: '{} lies in' },
      { name: 'Subject', value: 'Oslo' },
      { name: 'Put back', value: 'Hidden states, MLP' },
      { name: 'odd', value: '{"of":"a later release"}' },
    ]);
    expect(view.raw).toEqual([]);
  });

  it('of an import: the model and its files', () => {
    const view = bodyView({
      kind: 'import',
      evidence: [],
      body: {
        ledger: 1,
        model: { id: 'm', name: 'atlas', files: [{ path: 'model.onnx', bytes: 3, sha256: 'h' }] },
        version: 'v',
        anatomy: { layers: 4 },
        trial: {},
      },
    });
    expect(view.fields).toEqual([
      { name: 'Model', value: 'atlas' },
      { name: 'Model id', value: 'm', hash: true },
      { name: 'Ledger format', value: '1' },
    ]);
    expect(view.files).toEqual([{ path: 'model.onnx', bytes: 3, sha256: 'h' }]);
    expect(view.raw.map((one) => one.name)).toEqual(['anatomy']);
  });

  it('of a revert and a verification: other entries can be gone to', () => {
    expect(
      bodyView({
        kind: 'revert',
        evidence: [],
        body: { parent: 'a', version: 'b', entry: 4, later: [5, 6], changed: [], checks: [], evidence: {} },
      }).fields,
    ).toEqual([
      { name: 'Takes out entry', value: '4', entry: 4 },
      { name: 'Later edits on top', value: '5, 6' },
    ]);
    expect(
      bodyView({
        kind: 'verify',
        evidence: [],
        body: { upTo: 9, head: 'h', ok: false, problems: [{ entry: 3, what: 'blob', message: 'gone' }], details: {} },
      }).fields,
    ).toEqual([
      { name: 'Verified up to entry', value: '9', entry: 9 },
      { name: 'Head then', value: 'h', hash: true },
      { name: 'Result', value: 'damaged' },
    ]);
  });

  it('shows what it has no place for as it is recorded', () => {
    expect(bodyView({ kind: 'note', evidence: [], body: { version: 'v', later: [], future: { deep: [1] } } })).toMatchObject({
      fields: [{ name: 'Later edits on top', value: 'none' }],
      raw: [{ name: 'future', json: '{\n  "deep": [\n    1\n  ]\n}' }],
    });
  });
});

it('writes a fact out with its subject, whatever that contains', () => {
  expect(question({ subject: 'A$&B', prompt: 'The capital of {} is' })).toBe('The capital of A$&B is');
});

it('puts names of fields in words', () => {
  expect(['factSet', 'delta', 'weightNorm', 'hidden states'].map(inWords)).toEqual(['Fact set', 'Delta', 'Weight norm', 'Hidden states']);
});

it('shows of an export which rejections it was made in spite of', () => {
  const view = bodyView({ kind: 'export', evidence: [], body: { version: 'b', format: 'folder', details: { despite: [6] } } });
  expect(view.fields).toContainEqual({ name: 'Exported in spite of rejection', value: '6', entry: 6 });
});
