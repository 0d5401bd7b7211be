import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../../electron/services/attest/dsse.ts';
import { attested, contents } from './exported.ts';
import { readInToto } from './in-toto.ts';

/** What an envelope's text holds, as JSON. */
function payload(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(parseEnvelope(text, 'it').payload, 'base64').toString('utf8')) as Record<string, unknown>;
}

describe("in-toto's published schemas", () => {
  let folder: string;
  let statements: Map<string, Record<string, unknown>>;
  beforeAll(async () => {
    ({ folder } = await attested());
    const lines = [...contents(folder)]
      .filter(([path]) => path.endsWith('.intoto.jsonl'))
      .map(([path, bytes]) => [path, payload(bytes.toString('utf8').trim())] as const);
    const bundle = JSON.parse(readFileSync(join(folder, 'model.sig'), 'utf8')) as { dsseEnvelope: object };
    statements = new Map([...lines, ['model.sig', payload(JSON.stringify(bundle.dsseEnvelope))]]);
  });

  it('fit every statement of an export', () => {
    expect([...statements.keys()].sort()).toEqual([
      'emend/checks.intoto.jsonl',
      'emend/edit.intoto.jsonl',
      'emend/model-key.intoto.jsonl',
      'model.sig',
    ]);
    for (const [path, claim] of statements) expect(() => readInToto(claim), path).not.toThrow();
    expect(statements.get('emend/checks.intoto.jsonl')).toMatchObject({
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { result: 'WARNED' },
    });
  });

  it('refuse what is not theirs', () => {
    const checks = statements.get('emend/checks.intoto.jsonl')!;
    const predicate = checks['predicate'] as object;
    const others: [string, object][] = [
      ['a field that a statement does not have', { ...checks, extra: 1 }],
      ['a subject with another field', { ...checks, subject: [{ digest: { sha256: 'a' }, size: 3 }] }],
      ['a digest that is a number', { ...checks, subject: [{ digest: { sha256: 1 } }] }],
      ['no subject', { ...checks, subject: [] }],
      ['a predicate that is a list', { ...checks, predicate: [] }],
      ['a test result with another field', { ...checks, predicate: { ...predicate, skippedTests: [] } }],
      ['a test that is a number', { ...checks, predicate: { ...predicate, passedTests: [1] } }],
      ['content that is not base64', { ...checks, predicate: { ...predicate, configuration: [{ content: '{}' }] } }],
      ['another result', { ...checks, predicate: { ...predicate, result: 'OK' } }],
    ];
    for (const [what, claim] of others) expect(() => readInToto(claim), what).toThrow();
  });
});
