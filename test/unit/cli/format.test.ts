import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { digits, duration, percent, points, size, whole } from '../../../electron/cli/format/numbers.ts';
import { barLine, plainLine, ProgressLine } from '../../../electron/cli/format/progress.ts';
import { Printer } from '../../../electron/cli/format/printer.ts';
import { styleFor } from '../../../electron/cli/format/style.ts';
import { shorten, table, wrap } from '../../../electron/cli/format/table.ts';
import { oneLine, quoted, safe, visibleJson } from '../../../electron/cli/format/text.ts';

describe('tables', () => {
  test('align columns, also with colours, marks and wide letters', () => {
    const lines = table(
      [
        ['a', '1'],
        ['\u001B[1mbold\u001B[22m', '23'],
        ['東京', '4'],
        ['e\u0301', '5'],
      ],
      { right: [1] },
    );
    expect(lines.map((line) => stringWidth(line))).toEqual([8, 8, 8, 8]);
    expect(lines[0]).toBe('a      1');
  });

  test('have a rule below their heading', () => {
    expect(
      table(
        [
          ['name', 'n'],
          ['x', '10'],
        ],
        { heading: true, indent: 1 },
      ),
    ).toEqual([' name  n', ' ────  ──', ' x     10']);
  });

  test('are empty without rows', () => expect(table([], { heading: true })).toEqual([]));
});

test('wrapping loses no word and keeps to the width', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), fc.integer({ min: 12, max: 40 }), (words, width) => {
      const lines = wrap(words.join(' '), width);
      expect(lines.join(' ')).toBe(words.join(' '));
      expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(width);
    }),
  );
  expect(shorten('abcdef', 4)).toBe('abc…');
});

test('numbers', () => {
  expect([0.1234, -0.1234, -0.0004, 0].map((share) => points(share))).toEqual(['12.3', '-12.3', '0.0', '0.0']);
  expect([1, 0.9996, 0.123, 0.0345, 0.00012, 1e-9, 0].map(percent)).toEqual(['100%', '100%', '12.3%', '3.45%', '0.012%', '<0.001%', '0%']);
  expect([0, 1.2345, 12.345, 123.45, 12345, 0.0123, 0.000123, Infinity].map(digits)).toEqual([
    '0',
    '1.23',
    '12.3',
    '123',
    '12 345',
    '0.0123',
    '1.23e-4',
    'Infinity',
  ]);
  expect([12, 1234, 1234567].map(whole)).toEqual(['12', '1 234', '1 234 567']);
  expect([0, 999, 30_835_371, 2e12].map(size)).toEqual(['0 B', '999 B', '30.8 MB', '2.0 TB']);
  expect([3.21, 42.4, 150, 7200].map(duration)).toEqual(['3.2 s', '42 s', '3 min', '2 h 0 min']);
});

test('what a model writes cannot steer the terminal', () => {
  expect(safe('a\u001B[2Jb\u0007\nc\td')).toBe('a\uFFFD[2Jb\uFFFD\nc\td');
  expect(quoted(' "x"\n')).toBe('" \\"x\\"\\n"');
  expect(oneLine(' a\n  b ')).toBe('a b');
});

test('nothing that is printed can steer the terminal, or look as if Emend had set it off', () => {
  const steering = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u;
  const foreign = fc.string({
    unit: fc.oneof(fc.constantFrom('\u001B[', '2J', '32m', '\r', '\n', '\u009B', '\u202E', '\u0007'), fc.string()),
  });
  fc.assert(
    fc.property(foreign, foreign, fc.boolean(), (name, message, isTTY) => {
      let written = '';
      const out = new Printer({ isTTY, write: (text: string) => (written += text) }, {});
      out.line(`${out.style.bad('Error:')} ${name}`);
      out.table([[out.style.bold(message), name]]);
      const lines = written.split('\n');
      expect(lines).toHaveLength(3);
      const bare = lines.map((line) => line.replaceAll(/\u001B\[(31|39|1|22)m/g, ''));
      expect(lines.join('').length - bare.join('').length).toBe(isTTY ? 5 + 5 + 4 + 5 : 0);
      for (const line of bare) expect(line.replaceAll('\t', '')).not.toMatch(steering);
    }),
  );
});

test('JSON says the same with all that steers a terminal written out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = visibleJson(JSON.stringify({ text }));
      expect(JSON.parse(json)).toEqual({ text });
      expect(json).not.toMatch(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
    }),
  );
});

test('colours only on a terminal whose user wants them', () => {
  expect(styleFor({ isTTY: true }, {}).bold('x')).not.toBe('x');
  expect(styleFor({ isTTY: true }, { NO_COLOR: '1' }).bold('x')).toBe('x');
  expect(styleFor({ isTTY: false }, {}).bold('x')).toBe('x');
  expect(styleFor({}, {}).bold('x')).toBe('x');
});

describe('progress', () => {
  const progress = { phase: 'covariance', done: 512, total: 2048, secondsLeft: 11.7 };

  test('says phase, share and time left', () => {
    expect(plainLine(progress)).toBe('covariance: 512/2 048, 25%, 12 s left');
    expect(barLine(progress)).toMatch(/^covariance +━{6}╌{18} 512\/2 048 {2}25% {2}12 s left$/);
    expect(plainLine({ ...progress, done: 0, total: 0, secondsLeft: undefined })).toBe('covariance: 0/0, 0%');
  });

  test('renews one line on a terminal and takes it away', () => {
    let written = '';
    const line = new ProgressLine({ isTTY: true, columns: 40, write: (text) => (written += text) });
    line.show(progress);
    expect(written.startsWith('\r')).toBe(true);
    expect(written).not.toContain('\n');
    expect(stringWidth(written.replace('\r', ''))).toBeLessThan(40);
    line.clear();
    expect(written.endsWith('\r\u001B[K')).toBe(true);
  });

  test('elsewhere writes a line now and then', () => {
    let clock = 0;
    const lines: string[] = [];
    const line = new ProgressLine({ write: (text) => lines.push(text) }, () => clock);
    for (let done = 0; done < 100; done++, clock += 100) line.show({ ...progress, done });
    expect(lines.length).toBe(4);
    expect(lines.every((l) => l.endsWith('\n'))).toBe(true);
  });
});
