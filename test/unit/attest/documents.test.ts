import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import Papa from 'papaparse';
import { beforeAll, describe, expect, it } from 'vitest';
import { logCsv } from '../../../electron/services/attest/log-csv.ts';
import { logHtml } from '../../../electron/services/attest/log-html.ts';
import { logTable } from '../../../electron/services/attest/log-table.ts';
import { loggedEntries } from '../../../electron/services/logged.ts';
import { BY, commit, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { mlBom } from '../../../electron/services/attest/ml-bom.ts';
import { reportHtml } from '../../../electron/services/attest/report-html.ts';
import { versionRecord, type VersionRecord } from '../../../electron/services/attest/version-record.ts';
import { parsePage } from './dom.ts';
import { hex, recorded } from './exported.ts';

const files = [
  { path: 'onnx/model.onnx', bytes: 300, sha256: hex('m') },
  { path: 'tokenizer "x".json', bytes: 9, sha256: hex('t') },
];
const app = '0.1.0';
const time = '2026-11-23T08:30:00.000Z';
let record: VersionRecord;
let base: VersionRecord;
let journal: Uint8Array;
beforeAll(async () => {
  const inputs = await recorded();
  journal = inputs.journal;
  record = versionRecord(journal, inputs.version);
  base = versionRecord(journal, 'base');
});

describe('what a journal says about a version', () => {
  it('is its parts, what measured it, what was said of it', () => {
    expect(record).toMatchObject({
      tags: ['autumn'],
      imported: { seq: 1 },
      parts: [{ seq: 2 }, { seq: 3 }],
      remarks: [
        { kind: 'note', author: 'Béa' },
        { kind: 'approve', author: 'Carl' },
      ],
      head: { seq: 7 },
    });
    expect(record.measured.map(({ entry, suite, ofVersion }) => [entry, suite, ofVersion])).toEqual([
      [2, 'edit', false],
      [3, 'edit', true],
      [4, 'wide', true],
    ]);
    expect(base).toMatchObject({ parts: [], measured: [], remarks: [], tags: [] });
  });

  it('is not read from a damaged journal', () => {
    expect(() => versionRecord(journal.subarray(0, -1), 'base')).toThrow('not finished');
    const changed = Uint8Array.from(journal);
    changed[40]! ^= 1;
    expect(() => versionRecord(changed, 'base')).toThrow('damaged');
  });
});

describe('the bill of materials', () => {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
  const schema = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  // ajv-formats is CommonJS: under Node its function is the default export of the default export
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addFormat('idn-email', true).addFormat('iri-reference', true);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema({ ...schema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  const validate = ajv.compile(schema('bom-1.7'));
  const problems = (bom: object) => (validate(JSON.parse(JSON.stringify(bom))), validate.errors ?? []);

  it('fits the published schema, with and without changes', () => {
    expect(problems(mlBom({ record, files, format: 'folder', app, time, author: 'Ada' }))).toEqual([]);
    expect(problems(mlBom({ record: base, files, format: 'folder', app, time, author: 'Ada' }))).toEqual([]);
    // the schema is really applied
    const real = mlBom({ record, files, format: 'folder', app, time, author: 'Ada' });
    expect(problems({ ...real, specVersion: '1.99', extra: 1 })).not.toEqual([]);
  });

  it('says what it consists of, where it comes from, what was changed, measured and said', () => {
    const bom = mlBom({ record, files, format: 'folder', app, time, author: 'Ada' });
    expect(bom.components.map(({ name, hashes }) => [name, hashes[0]?.content])).toEqual(files.map((file) => [file.path, file.sha256]));
    expect(bom).toMatchObject({
      metadata: {
        timestamp: time,
        tools: { components: [{ name: 'Emend', version: app }] },
        component: {
          type: 'machine-learning-model',
          name: 'atlas',
          version: 'autumn',
          pedigree: {
            ancestors: [{ name: 'atlas', version: record.version.model.slice(0, 12) }],
            patches: [
              { type: 'unofficial', resolves: [{ name: 'memit', description: 'The museum wrote that this is wrong.' }] },
              { type: 'unofficial' },
            ],
          },
          properties: expect.arrayContaining([
            { name: 'emend:version', value: record.version.id },
            { name: 'emend:ledger:head', value: record.head.hash },
          ]) as unknown,
        },
      },
      formulation: [
        {
          workflows: [
            {
              uid: record.parts[0]!.hash,
              properties: expect.arrayContaining([
                { name: 'emend:facts', value: '1' },
                { name: 'emend:hyperparameters', value: expect.stringContaining('"clamp":4') as string },
              ]) as unknown,
            },
            {},
          ],
        },
      ],
      annotations: [
        { annotator: { individual: { name: 'Béa' } }, text: '<b>read</b> & "compared" with the =source' },
        { annotator: { individual: { name: 'Carl' } }, text: 'Approved' },
      ],
    });
    const { modelCard } = (bom['metadata'] as { component: { modelCard: { quantitativeAnalysis: { performanceMetrics: unknown[] } } } })
      .component;
    expect(modelCard.quantitativeAnalysis.performanceMetrics).toEqual(
      expect.arrayContaining([
        { type: 'efficacy', value: '1', slice: 'entry 3, edit' },
        { type: 'efficacy', value: '0', slice: 'entry 3, edit, before' },
        { type: 'efficacy', value: '1', slice: 'entry 2, edit, when it was made' },
        { type: 'drift', value: '0.125', slice: 'entry 4, wide' },
      ]),
    );
  });

  it('is the same for the same inputs and has another number for others', () => {
    const inputs = { record, files, format: 'folder', app, time, author: 'Ada' };
    expect(mlBom(inputs)).toEqual(mlBom(inputs));
    expect(mlBom({ ...inputs, format: 'lora' })['serialNumber']).not.toBe(mlBom(inputs)['serialNumber']);
  });
});

describe('pages', () => {
  it('tell a person what was changed, why, how it measured and how to verify', () => {
    const page = parsePage(reportHtml({ record, files, format: 'folder', app, time, key: 'abc123' }));
    const text = page.body.textContent;
    for (const said of [
      'atlas',
      'autumn',
      'Person 1',
      'Dutch',
      'Français',
      'The museum wrote that this is wrong.',
      'Specificity (NS)',
      '97 %',
      'layers.3.mlp.down',
      'norm 0.25',
      'nothing demanded',
      'Béa',
      'approved',
      record.head.hash,
      hex('m'),
      'abc123',
      'public key',
    ])
      expect(text, said).toContain(said);
    expect(page.querySelectorAll('table').length).toBeGreaterThan(6);
    expect([...page.querySelectorAll('h2')].map((one) => one.textContent)).toEqual([
      'What was changed',
      'Checks of this version',
      'Reviews and notes',
      'Files',
      'How to verify',
    ]);
    expect(reportHtml({ record: base, app, time })).toContain('as it was imported');
  });

  it('tell by what an edit was checked, and what it was not checked by, where its entry tells', () => {
    const untold = parsePage(reportHtml({ record, app, time })).body.textContent;
    expect(untold).not.toContain('How well it was checked');
    expect(untold).toContain('The entry does not tell by what it was checked; its report in the record may.');
    const checkedBy = [
      { what: 'neighbors', count: 1, from: 'given with the facts', sure: 1 },
      { what: 'drift', count: 100, from: "the model's own facts" },
    ];
    const [first, ...others] = record.parts;
    const told = { ...first!, body: { ...first!.body, details: { checkedBy } } } as (typeof record.parts)[number];
    const page = parsePage(reportHtml({ record: { ...record, parts: [told, ...others] }, app, time }));
    expect(page.body.textContent).toContain('How well it was checked');
    const rows = [...page.querySelectorAll('tr')].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent.trim()));
    for (const row of [
      ['Neighbours', '1 prompt', 'Given with the facts; the model was sure of 1 before'],
      ['Drift', '100 prompts', "The model's own facts"],
      ['Other wordings', 'none', 'Nothing tells whether it holds when asked differently.'],
      ['Perplexity', 'none', 'Nothing tells whether it still writes as well.'],
    ])
      expect(rows).toContainEqual(row);
  });

  it('let nothing through that was written into a text, and load nothing', () => {
    const source = reportHtml({ record, files, format: '<script>alert(1)</script>', app, time });
    const page = parsePage(source);
    expect(page.querySelectorAll('script, link, img, iframe, b, [onclick], [href], [src]')).toHaveLength(0);
    expect(page.body.textContent).toContain('<b>read</b> & "compared"');
    expect(page.querySelector('meta[http-equiv]')?.getAttribute('content')).toContain("default-src 'none'");
    expect(source).not.toMatch(/url\(|@import|https?:/);
    expect(source).toContain('prefers-color-scheme:dark');
  });

  it('list the log, one block an entry with everything it has, and show characters that would turn text around', async () => {
    const ledger = await open('/log', { files: new MemoryFiles(), create: true });
    await ledger.append('import', importBody(), BY);
    const edited = await commit(ledger, 1);
    const { version } = edited.body;
    await ledger.append('tag', { name: 'autumn', version }, BY);
    await ledger.append('reject', { version, entry: 2 }, { author: 'Carl', reason: 'a\u202eb' });
    await ledger.append('approve', { version }, { author: 'Béa', reason: '' });
    const { rows } = ledger.list({ order: 'oldest' });
    const logged = loggedEntries(ledger, rows);
    const page = parsePage(logHtml(logged, { model: 'atlas & co', filter: 'kind edit', head: ledger.head, app, time }));
    expect(page.title).toBe('Audit log of atlas & co');
    expect(page.body.textContent).toContain('5 of 5 entries, filtered: kind edit');
    const blocks = [...page.querySelectorAll('article')].map((block) => block.textContent.replaceAll(/\s+/g, ' '));
    expect(blocks).toHaveLength(5);
    for (const [at, { entry }] of logged.entries())
      for (const hash of JSON.stringify(entry).match(/[0-9a-f]{64}/g) ?? []) expect(blocks[at], `entry ${entry.seq}`).toContain(hash);
    for (const said of ['Person 1 → Français', 'The mother tongue of Person 1 is', 'Dutch', 'P1', 'Efficacy (ES)', '97 %', 'learningRate'])
      expect(blocks[1]).toContain(said);
    expect(blocks[2]).toContain('autumn, the version of entry 2 (Person 1 → Français)');
    expect(blocks[3]).toContain('entry 2 (Person 1 → Français)');
    expect(blocks[3]).toContain('a⟨U+202E⟩b');
    expect(blocks[4]).toContain('the version of entry 2 (Person 1 → Français)');

    const { data } = Papa.parse<Record<string, string>>(logCsv(logTable(logged)).slice(1).trimEnd(), { header: true });
    expect(data.map((row) => row['about'])).toEqual([
      'atlas',
      'Person 1 → Français',
      'autumn, the version of entry 2 (Person 1 → Français)',
      'entry 2 (Person 1 → Français)',
      'the version of entry 2 (Person 1 → Français)',
    ]);
    expect(data[1]!['files beside it']).toContain(edited.body.factSet.blob);
  });
});

describe('the log as CSV', () => {
  const log = {
    columns: ['Entry', 'Reason', 'Value'],
    rows: [
      [1, 'plain', -1.5],
      [2, '=HYPERLINK("x")', undefined],
      [3, '-1.5', 1e-7],
      [4, 'two\r\nlines, "quoted"', 0],
      [5, '+1\n=2', '@x'],
      [6, '\tt', 'a=b'],
      [7, ' =1', '＝1'],
      [8, '\n=1', '\0@x'],
      [9, 'x;=cmd', '\u200b+1'],
    ] as const,
  };
  const csv = logCsv(log);

  it('comes back as it was, with formulas made harmless and numbers left alone', () => {
    const { data, errors } = Papa.parse<string[]>(csv.slice(1).trimEnd());
    expect(errors).toEqual([]);
    expect(data).toEqual([
      ['Entry', 'Reason', 'Value'],
      ['1', 'plain', '-1.5'],
      ['2', `'=HYPERLINK("x")`, ''],
      ['3', `'-1.5`, '1e-7'],
      ['4', 'two\r\nlines, "quoted"', '0'],
      ['5', `'+1\n=2`, `'@x`],
      ['6', `'\tt`, 'a=b'],
      ['7', `' =1`, `'＝1`],
      ['8', `'\n=1`, `'\0@x`],
      ['9', 'x;=cmd', `'\u200b+1`],
    ]);
    // Where a semicolon parts cells, quotation marks keep this one whole.
    expect(csv).toContain('9,"x;=cmd",');
  });

  it('begins with a byte order mark and ends its lines in CR LF', () => {
    expect(csv).toMatch(/^\ufeffEntry,Reason,Value\r\n1,plain,-1\.5\r\n/);
    expect(csv.endsWith('\r\n')).toBe(true);
  });
});
