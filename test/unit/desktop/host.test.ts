import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsIn } from '../../../electron/main/arguments.ts';
import { fitted } from '../../../electron/main/bounds.ts';
import { endingOf } from '../../../electron/main/ending.ts';
import { overallProgress } from '../../../electron/main/job-progress.ts';
import { checkNativeFiles, type NativeList } from '../../../electron/main/native-files.ts';
import type { Job } from '../../../shared/contract/jobs.ts';
import { checkSize, MESSAGE_LIMIT } from '../../../shared/message-size.ts';

describe('files on the command line', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'emend-argv-'));
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'facts.csv'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are what exists and is no switch, seen from where it was started', () => {
    expect(pathsIn(['emend', '--flag', 'model', '-x', join(folder, 'facts.csv'), 'gone', ''], folder, undefined)).toEqual([
      join(folder, 'model'),
      join(folder, 'facts.csv'),
    ]);
  });

  it('come after the application, where that stands on the line', () => {
    expect(pathsIn(['electron', '-r', 'facts.csv', 'model', 'facts.csv'], folder, join(folder, 'model'))).toEqual([
      join(folder, 'facts.csv'),
    ]);
    expect(pathsIn(['electron', 'facts.csv'], folder, join(folder, 'model'))).toEqual([]);
  });
});

describe('where the window opens', () => {
  const screens = [
    { x: 0, y: 0, width: 1600, height: 900 },
    { x: 1600, y: 0, width: 1000, height: 800 },
  ];

  it('is where it was, while a screen shows it', () => {
    expect(fitted({ x: 1700, y: 50, width: 800, height: 600 }, screens)).toEqual({ x: 1700, y: 50, width: 800, height: 600 });
    expect(fitted({ x: -600, y: 10, width: 800, height: 600 }, screens)).toEqual({ x: -600, y: 10, width: 800, height: 600 });
  });

  it('is for the system to choose once that screen has gone, or only a corner would show', () => {
    expect(fitted({ x: 3000, y: 50, width: 800, height: 600 }, screens)).toEqual({ width: 800, height: 600 });
    expect(fitted({ x: 10, y: 890, width: 800, height: 600 }, screens)).toEqual({ width: 800, height: 600 });
    expect(fitted({ x: 10, y: -300, width: 800, height: 600 }, screens)).toEqual({ width: 800, height: 600 });
  });

  it('is never larger than the screen', () => {
    expect(fitted({ x: 1600, y: 0, width: 4000, height: 3000 }, screens)).toEqual({ x: 1600, y: 0, width: 1000, height: 800 });
    expect(fitted({ x: 9000, y: 0, width: 4000, height: 3000 }, screens)).toEqual({ width: 1600, height: 900 });
  });
});

describe('progress of all jobs', () => {
  const job = (state: Job['state'], share?: number): Job => ({
    id: 'x',
    kind: 'k',
    title: 't',
    state,
    phase: '',
    done: 0,
    total: 0,
    started: '',
    ...(share === undefined ? {} : { share }),
  });
  it('is the mean of what is known, and says when nothing is', () => {
    expect(overallProgress([])).toBe(-1);
    expect(overallProgress([job('done', 1), job('failed', 0)])).toBe(-1);
    expect(overallProgress([job('running')])).toBe(2);
    expect(overallProgress([job('running'), job('running', 0.25), job('running', 1), job('done', 1)])).toBe(0.625);
  });
});

describe('how the engine ended', () => {
  it('is an exit code, or the signal in what waitpid said', () => {
    expect(endingOf(0, '', 'linux')).toMatchObject({ exitCode: 0, signal: null });
    expect(endingOf(1, 'why', 'linux')).toEqual({ exitCode: 1, signal: null, output: 'why' });
    expect(endingOf(3 << 8, '', 'linux')).toMatchObject({ exitCode: 3, signal: null });
    expect(endingOf(9, '', 'linux')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(endingOf(11 | 0x80, '', 'darwin')).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
    expect(endingOf(9, '', 'win32')).toMatchObject({ exitCode: 9, signal: null });
    expect(endingOf(0xc0000005, '', 'win32')).toMatchObject({ exitCode: 0xc0000005, signal: null });
  });
});

describe('native files', () => {
  let bin: string;
  let list: NativeList;
  const library = () => join(bin, 'napi-v6/linux/x64/library.so');
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), 'emend-native-'));
    mkdirSync(join(bin, 'napi-v6/linux/x64'), { recursive: true });
    writeFileSync(library(), 'code');
    list = {
      'napi-v6/linux/x64/library.so': createHash('sha256').update('code').digest('hex'),
      'napi-v6/win32/x64/library.dll': '0'.repeat(64),
    };
  });
  afterEach(() => rmSync(bin, { recursive: true }));

  it('are as they were packed, for this system', () => expect(() => checkNativeFiles(bin, list, 'linux/x64')).not.toThrow());

  it('are refused when one changed, is missing, was added, or there are none', () => {
    writeFileSync(join(bin, 'napi-v6/linux/x64/other.so'), '');
    expect(() => checkNativeFiles(bin, list, 'linux/x64')).toThrow(/other\.so does not belong/);
    appendFileSync(library(), '!');
    expect(() => checkNativeFiles(bin, list, 'linux/x64')).toThrow(/library\.so is not as it was packed/);
    rmSync(library());
    expect(() => checkNativeFiles(bin, list, 'linux/x64')).toThrow(/library\.so is missing/);
    expect(() => checkNativeFiles(bin, list, 'linux/arm64')).toThrow(/not among the systems/);
  });
});

describe('the size of a message', () => {
  const refused = (message: unknown, limit?: number) => expect(() => checkSize(message, limit)).toThrow(/too large/);

  it('counts texts, keys, lists and bytes', () => {
    refused('x'.repeat(MESSAGE_LIMIT));
    refused({ ['x'.repeat(MESSAGE_LIMIT)]: 1 });
    refused([new Uint8Array(MESSAGE_LIMIT), 1]);
    refused(
      Array.from({ length: 2000 }, () => [0]),
      10_000,
    );
    refused(new Array(MESSAGE_LIMIT + 1));
    refused(new Map([['a', 'x'.repeat(200)]]), 100);
    refused(new Set(Array.from({ length: 100 }, (_, i) => i)), 100);
  });

  it('lets pass what fits, whatever its shape', () => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    for (const message of [ring, deep, null, undefined, 1n, 'x'.repeat(1_000_000), Object.create(null), new Date(0)])
      expect(() => checkSize(message)).not.toThrow();
  });
});
