import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { disk } from '../../../electron/storage/files.ts';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { envelopeLine, openEnvelope, parseEnvelope, preAuthEncoding, signEnvelope } from '../../../electron/services/attest/dsse.ts';
import {
  checkVoucher,
  generateModelKey,
  loadOrCreateModelKey,
  parseModelKey,
  vouchFor,
} from '../../../electron/services/attest/model-key.ts';
import { isIgnored, openModelSignature, signModel } from '../../../electron/services/attest/model-signing.ts';
import { openStatement, signStatement, statement } from '../../../electron/services/attest/statement.ts';
import { testResult } from '../../../electron/services/attest/test-result.ts';
import { hex } from './exported.ts';

describe('a DSSE envelope', () => {
  const body = Buffer.from('hello world');
  const key = generateKey();

  it('signs the encoding that the specification gives as its example', () => {
    expect(Buffer.from(preAuthEncoding('http://example.com/HelloWorld', body)).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    expect(Buffer.from(preAuthEncoding('é', Buffer.from('ü'))).toString()).toBe('DSSEv1 2 é 2 ü');
  });

  it('opens to the body that was signed, with its key and its type alone', () => {
    const envelope = parseEnvelope(envelopeLine(signEnvelope(key, 'text/plain', body)), 'it');
    expect(Buffer.from(openEnvelope(envelope, key, 'text/plain', 'it')).toString()).toBe('hello world');
    expect(() => openEnvelope(envelope, generateKey(), 'text/plain', 'it')).toThrow('was signed with key');
    expect(() => openEnvelope(envelope, key, 'text/html', 'it')).toThrow('holds text/plain');
    expect(() => openEnvelope({ ...envelope, payload: Buffer.from('hello World').toString('base64') }, key, 'text/plain', 'it')).toThrow(
      'does not fit its content',
    );
  });

  it('is not read in any other form', () => {
    const line = envelopeLine(signEnvelope(key, 'text/plain', body));
    expect(() => parseEnvelope(line.slice(1), 'it')).toThrow('not JSON');
    expect(() => parseEnvelope(line.replace('"payload":"aGVsbG8gd29ybGQ="', '"payload":"aGVsbG8gd29ybGR="'), 'it')).toThrow(
      'payload: expected base64',
    ); // the same bytes to a lenient reader
    expect(() => parseEnvelope('{"payload":"","payloadType":"x","signatures":[]}', 'it')).toThrow('one signature');
  });
});

describe('a statement', () => {
  it('comes back as it was signed', () => {
    const key = generateKey();
    const claim = statement([{ name: 'a', digest: { sha256: hex('a') } }], 'urn:x', { n: 1 });
    expect(openStatement(signStatement(key, claim), key, 'it')).toEqual(claim);
    expect(() => openStatement(signEnvelope(key, 'application/vnd.in-toto+json', Buffer.from('{"_type":"x"}')), key, 'it')).toThrow(
      '_type',
    );
  });
});

describe('a test result', () => {
  const measured = (passed: (boolean | undefined)[]) => [
    {
      entry: 5,
      suite: 'edit',
      ofVersion: true,
      checks: passed.map((one, at) => ({
        name: `m${at}`,
        value: 0.5,
        ...(one === undefined ? {} : { passed: one, threshold: 0.25 + at }),
      })),
    },
  ];

  it('is failed when any failed, warned when of any nothing was demanded, else passed', () => {
    expect(testResult(measured([true, true])).result).toBe('PASSED');
    expect(testResult(measured([true, undefined]))).toMatchObject({
      result: 'WARNED',
      passedTests: ['m0 (entry 5)'],
      warnedTests: ['m1 (entry 5)'],
      failedTests: [],
    });
    expect(testResult(measured([true, undefined, false]))).toMatchObject({ result: 'FAILED', failedTests: ['m2 (entry 5)'] });
  });

  it('carries the thresholds and what else was configured', () => {
    const { configuration } = testResult(measured([true, undefined, false]), [{ name: 'ledger', digest: { sha256: hex('l') } }]);
    expect(JSON.parse(Buffer.from(configuration[0]!.content!, 'base64').toString())).toEqual({
      'm0 (entry 5)': 0.25,
      'm2 (entry 5)': 2.25,
    });
    expect(configuration[1]).toEqual({ name: 'ledger', digest: { sha256: hex('l') } });
  });
});

describe('a model signature', () => {
  const { key } = generateModelKey();
  const files = ['b.txt', 'a/z.bin', 'a.txt', 'a-b/c', '\u{1f600}', '\ufb01', '.gitattributes', 'model.sig', '.git/config'].map((path) => ({
    path,
    sha256: hex(path),
  }));
  const text = signModel(key, 'atlas', files);

  it('is the bundle that OpenSSF Model Signing describes', () => {
    const bundle = JSON.parse(text) as {
      mediaType: string;
      verificationMaterial: unknown;
      dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
    };
    expect(bundle).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: hex(key.pem) } },
      dsseEnvelope: { payloadType: 'application/vnd.in-toto+json' },
    });
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]);
    expect(verify('sha256', signed, createPublicKey(key.pem), Buffer.from(bundle.dsseEnvelope.signatures[0]!.sig, 'base64'))).toBe(true);
    const claim = JSON.parse(payload.toString()) as { predicate: { resources: { name: string; digest: string }[] } };
    // sorted part by part and by code point; files that the published tool ignores are not in it
    expect(claim.predicate.resources.map((one) => one.name)).toEqual(['a/z.bin', 'a-b/c', 'a.txt', 'b.txt', '\ufb01', '\u{1f600}']);
    expect(claim).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'atlas', digest: { sha256: hex(Buffer.concat(claim.predicate.resources.map((one) => Buffer.from(one.digest, 'hex')))) } },
      ],
      predicateType: 'https://model_signing/signature/v1.0',
      predicate: {
        serialization: {
          method: 'files',
          hash_type: 'sha256',
          allow_symlinks: false,
          ignore_paths: ['model.sig', '.git', '.gitattributes', '.github', '.gitignore'],
        },
      },
    });
  });

  it('opens to its list of files, and not with another key or in another writing', () => {
    expect(openModelSignature(text, key)).toHaveLength(6);
    expect(() => openModelSignature(text, generateModelKey().key)).toThrow('another key');
    expect(() => openModelSignature(text.replace(',', ', '), key)).toThrow('not written as Emend writes it');
    const other = JSON.parse(signModel(key, 'atlas', files.slice(1))) as { dsseEnvelope: { payload: string } };
    const mixed = JSON.parse(text) as typeof other;
    mixed.dsseEnvelope.payload = other.dsseEnvelope.payload;
    expect(() => openModelSignature(`${JSON.stringify(mixed)}\n`, key)).toThrow();
  });

  it('ignores what the published tool ignores, only at the top', () => {
    expect(['.git', '.git/x/y', '.github/a', 'model.sig'].map(isIgnored)).toEqual([true, true, true, true]);
    expect(['.gitmodules', 'sub/.git/x', 'sub/model.sig', 'model.sig.bak'].map(isIgnored)).toEqual([false, false, false, false]);
  });
});

describe('the model key', () => {
  it('is made once, kept for its owner alone, and never replaced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emend-key-'));
    const key = await loadOrCreateModelKey(disk, folder);
    const again = await loadOrCreateModelKey(disk, folder);
    expect(again.pem).toBe(key.pem);
    const message = Buffer.from('m');
    expect(parseModelKey(key.pem, 'it').verify(message, again.sign(message))).toBe(true);
    const file = join(folder, 'model-key.pem');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'broken');
    await expect(loadOrCreateModelKey(disk, folder)).rejects.toMatchObject({ code: 'bad-file' });
    expect(readFileSync(file, 'utf8')).toBe('broken');
    rmSync(folder, { recursive: true });
  });

  it('is vouched for by the ledger’s key, byte by byte', () => {
    const [key, { key: modelKey }] = [generateKey(), generateModelKey()];
    const voucher = vouchFor(modelKey, key);
    expect(() => checkVoucher(voucher, Buffer.from(modelKey.pem), key, 'the voucher', 'the key')).not.toThrow();
    expect(() => checkVoucher(voucher, Buffer.from(`${modelKey.pem}\n`), key, 'the voucher', 'the key')).toThrow('another key');
    expect(() => checkVoucher(voucher, Buffer.from(modelKey.pem), generateKey(), 'the voucher', 'the key')).toThrow('was signed with key');
    expect(() => parseModelKey(key.pem, 'it')).toThrow('expected a P-256 key');
  });
});
