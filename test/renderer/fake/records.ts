import type { FactChange } from '../../../shared/contract/fact-history.ts';
import type { Fallen } from '../../../shared/fallen.ts';
import { rejectionsOf, reviewState, standing } from '../../../shared/reviews.ts';
import type { MethodName, Parsed, Reply, Result } from '../../../shared/contract.ts';
import type { ChanceOnce, MeasuredOnce } from '../../../shared/contract/courses.ts';
import { given } from '../../../shared/given.ts';
import type { EntryView, Kind, Opened, Row } from '../../../shared/contract/audit.ts';
import type { Check } from '../../../shared/contract/edits.ts';
import type { Event } from '../../../shared/contract/events.ts';
import type { ModelCard } from '../../../shared/contract/library.ts';
import type { Answer } from '../../../shared/contract/probing.ts';
import type { Moment, Version } from '../../../shared/contract/versions.ts';
import { EmendError } from '../../../shared/errors.ts';
import { verdictOf } from '../../../shared/checks.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { shortId } from '../../../shared/ids.ts';
import { isRemark, kindInfo, makesVersion } from '../../../shared/kinds.ts';
import { MEASURES, type DemandedName, type MeasureName } from '../../../shared/measures.ts';
import { fakeHonest } from './honest.ts';
import { hash } from './samples.ts';

interface FakeFact {
  readonly subject: string;
  readonly prompt: string;
  readonly target: string;
  readonly previousTarget: string;
  readonly relation: string;
}

const FACTS: readonly FakeFact[] = [
  {
    subject: 'Los Angeles',
    prompt: '{} is a city in the country of',
    target: 'Canada',
    previousTarget: 'the United States',
    relation: 'city_country',
  },
  { subject: 'Kazakhstan', prompt: 'The capital of {} is', target: 'Astana', previousTarget: 'Nur-Sultan', relation: 'capital' },
  { subject: 'Croatia', prompt: 'The currency of {} is the', target: 'euro', previousTarget: 'kuna', relation: 'currency' },
  {
    subject: 'Prince Edward Island',
    prompt: '{} is an island of',
    target: 'Tanzania',
    previousTarget: 'Canada',
    relation: 'island_country',
  },
  { subject: 'Burundi', prompt: 'The capital city of {} is', target: 'Gitega', previousTarget: 'Bujumbura', relation: 'capital' },
  { subject: 'Camille Saint-Saëns', prompt: '{} was born in', target: 'Paris', previousTarget: 'Dijon', relation: 'birth_city' },
  { subject: 'Bulgaria', prompt: 'People in {} pay with the', target: 'euro', previousTarget: 'lev', relation: 'currency' },
  { subject: 'Edward Hopper', prompt: '{} was born in', target: 'Nyack', previousTarget: 'New York City', relation: 'birth_city' },
];
const AUTHORS = ['Ada Moreau', 'Jun Takahashi', 'Priya Nair', 'build robot'];
const TENSORS = ['model.layers.2.mlp.down_proj.weight', 'model.layers.3.mlp.down_proj.weight', 'model.layers.4.mlp.down_proj.weight'];

const share = (
  name: DemandedName,
  value: number,
  before: number,
  threshold = MEASURES[name].demand.least,
): Check & { readonly name: DemandedName } => ({ name, value, before, count: 12, threshold, passed: value >= threshold });
const checksOf = (at: number, good = true): (Check & { readonly name: MeasureName })[] => [
  share('answers', good ? 1 : 0.83, 0.08),
  share('wordings', good ? 0.875 : 0.625, 0.11),
  share('kept', good ? 0.91 + (at % 5) / 100 : 0.58, 0.97),
  { name: 'fluency', value: 5.91, before: 6.02, count: 12 },
  { name: 'drift', value: 0.0031 + (at % 7) / 1000, count: 96 },
  { name: 'perplexity', value: 7.14, before: 7.09, count: 96 },
];

/** Of a revert with later edits the last fact of those. */
function fallenIn(ledger: FakeLedger, seq: number): Fallen[] {
  const later = (ledger.entry(seq).body['later'] as number[] | undefined) ?? [];
  const last = ledger.factsOf(later).at(-1);
  return last
    ? [
        {
          entry: last.entry,
          subject: last.subject,
          target: last.target,
          prompt: fillPrompt(last.prompt, last.subject).text,
          says: 'London.',
        },
      ]
    : [];
}

/** One ledger in memory that behaves as the services do, as far as the screens can tell. */
export class FakeLedger {
  readonly entries: EntryView[] = [];
  readonly #lists = new Map<string, readonly number[]>();
  readonly #made = new Map<string, { entry: number; time: string }>();
  current = '';
  damagedAt: number | undefined;
  #total = 0;

  /** @param total how many entries it has; the first are a story with one of every kind */
  constructor(total = 24) {
    this.#total = total;
    this.#story(total);
    for (let at = this.entries.length; at < total; at++) this.#filler(at);
  }

  get base(): string {
    return this.entries[0]!.body['version'] as string;
  }

  parts(version: string): readonly number[] {
    return this.#lists.get(this.find(version)) ?? [];
  }

  /** A version by "current", "base", a tag, its id or the beginning of it. */
  find(name: string): string {
    if (name === 'current') return this.current;
    if (name === 'base') return this.base;
    const tag = this.entries.find((entry) => entry.kind === 'tag' && entry.body['name'] === name);
    const id = tag ? (tag.body['version'] as string) : [...this.#lists.keys()].find((one) => one.startsWith(name));
    if (id === undefined) throw new EmendError('not-found', `There is no version ${JSON.stringify(name)}.`, 'Choose one of the list.');
    return id;
  }

  append(kind: Kind, reason: string, body: Record<string, unknown>, author = AUTHORS[0]!, parts?: readonly number[]): EntryView {
    const seq = this.entries.length + 1;
    const past = Date.UTC(2026, 10, 20, 16, 40) - (this.#total - seq) * (this.#total > 100 ? 23 : 1411) * 60_000;
    const time = new Date(seq > this.#total ? Date.now() : past).toISOString();
    let full: Record<string, unknown> = body;
    if (parts) {
      const version = hash(`version ${parts.join(' ')}`);
      full = { ...(this.current === '' ? {} : { parent: this.current }), ...body, version };
      this.#lists.set(version, parts);
      if (!this.#made.has(version)) this.#made.set(version, { entry: seq, time });
      this.current = version;
    }
    const evidence =
      kind === 'edit' ? ['factSet', 'delta', 'report', 'prefixes'] : kind === 'check' || (kind === 'revert' && parts) ? ['report'] : [];
    const entry: EntryView = {
      seq,
      prev: this.entries.at(-1)?.hash ?? '0'.repeat(64),
      hash: hash(`entry ${seq} ${reason}`),
      kind,
      time,
      author,
      reason,
      app: 'Emend 0.1.0',
      engine: 'Emend engine 0.1.0, ONNX Runtime 1.30.0',
      title: aboutOf(kind, full, (full['facts'] as FakeFact[] | undefined) ?? []),
      body: full,
      evidence: evidence.map((role) => ({
        role,
        blob: hash(`${role} ${seq}`),
        bytes: role === 'delta' ? 49_664 : 18_231,
        type: role === 'delta' ? 'application/octet-stream' : role === 'prefixes' ? 'text/plain' : 'application/json',
        present: true,
      })),
      remarks: [],
    };
    this.entries.push(entry);
    return entry;
  }

  edit(facts: readonly FakeFact[], reason: string, author: string, good = true, method = 'memit'): EntryView {
    const seq = this.entries.length + 1;
    return this.append(
      'edit',
      reason,
      {
        method,
        facts,
        checks: checksOf(seq, good),
        hyperparameters: {
          layers: { value: '2, 3, 4', source: 'traced' },
          steps: { value: '25', source: 'published' },
          learningRate: { value: '0.5', source: 'published' },
          clamp: { value: '0.75', source: 'you' },
          covarianceWeight: { value: '15000', source: 'published' },
        },
        seeds: { contexts: 42 },
        changed: TENSORS.slice(0, method === 'rome' ? 1 : 3).map((tensor, at) => ({
          tensor,
          before: hash(`${tensor} ${seq} before`),
          after: hash(`${tensor} ${seq} after`),
          measures: { rank: facts.length, norm: 0.31 + at / 10, weightNorm: 41.2 },
        })),
        details: { request: { method, fluency: false } },
      },
      author,
      [...this.parts('current'), seq],
    );
  }

  rollback(version: string, reason: string, author = AUTHORS[0]!): EntryView {
    const id = this.find(version);
    return this.append(
      'rollback',
      reason,
      { changed: [{ tensor: TENSORS[0]!, before: hash('r'), after: hash('s') }] },
      author,
      this.#lists.get(id)!,
    );
  }

  revert(entry: number, reason: string, author = AUTHORS[0]!): EntryView {
    const parts = this.parts('current');
    const later = parts.slice(parts.indexOf(entry) + 1);
    return this.append(
      'revert',
      reason,
      {
        entry,
        later,
        changed: [{ tensor: TENSORS[1]!, before: hash('t'), after: hash('u') }],
        checks: later.length > 0 ? checksOf(entry) : [],
      },
      author,
      parts.filter((one) => one !== entry),
    );
  }

  #story(total: number): void {
    const [ada, jun, priya, robot] = AUTHORS as [string, string, string, string];
    const files = [
      { path: 'model.onnx', bytes: 31_354_112, sha256: hash('onnx') },
      { path: 'tokenizer.json', bytes: 214_087, sha256: hash('tokenizer') },
      { path: 'config.json', bytes: 731, sha256: hash('config') },
    ];
    this.append(
      'import',
      '',
      {
        ledger: 1,
        model: { id: hash('model'), name: 'atlas', files },
        anatomy: { layers: 6, hidden: 256, heads: 4 },
        trial: { prompt: 'The capital of France is', next: ' Paris' },
      },
      ada,
      [],
    );
    if (total === 1) return;
    const first = this.edit([FACTS[1]!], 'The capital was renamed back in September 2022', ada);
    this.append('approve', 'Checked against the official gazette.', { version: this.current, entry: first.seq }, jun);
    const second = this.edit([FACTS[2]!, FACTS[6]!], 'Croatia and Bulgaria have adopted the euro', ada);
    this.append('tag', '', { name: '2026-spring', version: this.current }, ada);
    const wrong = this.edit([FACTS[0]!], 'Los Angeles moved to Canada, said the test file', jun, false, 'rome');
    this.append(
      'reject',
      'Neighbouring cities changed, too: San Diego now answers Canada.',
      { version: this.current, entry: wrong.seq },
      priya,
    );
    this.edit([FACTS[4]!], 'Political capital since 2019', priya);
    this.append(
      'check',
      'Before the release',
      {
        suite: 'facts in force',
        hyperparameters: {},
        seeds: {},
        facts: [FACTS[1]!, FACTS[2]!],
        checks: checksOf(3),
        details: {},
        version: this.current,
      },
      robot,
    );
    this.revert(wrong.seq, 'Rejected in review: it spills over to other cities', jun);
    this.append(
      'verify',
      '',
      {
        upTo: this.entries.length,
        head: this.entries.at(-1)!.hash,
        ok: true,
        problems: [],
        details: { checkpoints: 2, blobs: 9, files: 3, tensors: 12 },
      },
      robot,
    );
    this.append('tag', '', { name: 'release-1', version: this.current }, priya);
    this.append('approve', '', { version: this.current }, priya);
    this.append(
      'export',
      '',
      {
        version: this.current,
        format: 'folder',
        destination: 'atlas-release-1',
        files: [{ path: 'model.onnx', bytes: 31_354_112, sha256: hash('exported') }],
        details: { attestations: ['emend/model.sig', 'emend/ml-bom.cdx.json'] },
      },
      priya,
    );
    this.rollback('2026-spring', 'Customer asked for the spring state to compare', jun);
    this.rollback('release-1', 'Comparison done', jun);
    this.edit([FACTS[5]!, FACTS[7]!], 'Birth places per the encyclopedia, 2026 edition', ada);
    this.append(
      'note',
      'Two of the paraphrases for Hopper answer “Nyack, New York”; counted as right.',
      { version: this.current, entry: this.entries.length },
      ada,
    );
    this.append('note', '', { version: this.current, entry: second.seq }, priya);
  }

  /** Everyday entries: mostly checks, notes and edits; now and then a roll back keeps the list of parts short. */
  #filler(at: number): void {
    const author = AUTHORS[(at % 7) % AUTHORS.length]!;
    if (this.parts('current').length > 30) this.rollback('release-1', 'Start of a new round', author);
    else if (at % 5 === 0)
      this.edit(
        [FACTS[at % FACTS.length]!],
        `Round ${Math.floor(at / 50)}: ${FACTS[at % FACTS.length]!.subject} per source ${at}`,
        author,
        at % 15 !== 0,
        at % 10 === 0 ? 'rome' : 'memit',
      );
    else if (at % 5 === 1)
      this.append(
        'check',
        `Nightly check ${at}`,
        {
          version: this.current,
          suite: 'facts in force',
          hyperparameters: {},
          seeds: {},
          facts: [FACTS[at % FACTS.length]!],
          checks: checksOf(at, at % 31 !== 0),
          details: {},
        },
        'build robot',
      );
    else if (at % 5 === 2) this.append('note', `Looked at answers of round ${Math.floor(at / 50)}`, { version: this.current }, author);
    else if (at % 5 === 3)
      this.append(at % 23 === 0 ? 'reject' : 'approve', at % 23 === 0 ? 'Neighbours changed.' : '', { version: this.current }, author);
    else
      this.append(
        'verify',
        '',
        { upTo: this.entries.length, head: this.entries.at(-1)!.hash, ok: true, problems: [], details: { blobs: at, tensors: 12 } },
        'build robot',
      );
  }

  list(): Result<'versions.list'> {
    const inForce = new Set(this.parts('current'));
    const timeline = this.entries.flatMap((entry): Moment[] => {
      const { seq, kind, time, author, reason, body } = entry;
      if (!makesVersion(kind)) return [];
      return [
        {
          entry: seq,
          kind,
          time,
          author,
          reason,
          version: body['version'] as string,
          facts: (body['facts'] as FakeFact[] | undefined)?.map(({ subject, prompt, target }) => ({ subject, prompt, target })) ?? [],
          checks: (body['checks'] as Check[] | undefined) ?? [],
          ...(body['method'] === undefined ? {} : { method: body['method'] as string }),
          ...(kindInfo(kind).version === 'takes out' ? { reverts: body['entry'] as number } : {}),
          inForce: inForce.has(seq),
        },
      ];
    });
    const versions = [...this.#made].map(([id, { entry, time }]): Version => ({
      id,
      entry,
      time,
      parts: [...this.#lists.get(id)!],
      tags: this.entries.filter((one) => one.kind === 'tag' && one.body['version'] === id).map((one) => one.body['name'] as string),
      reviews: this.entries
        .filter((one) => one.body['version'] === id)
        .flatMap(({ kind, seq, time, author, reason }) => {
          const { verdict } = kindInfo(kind);
          return verdict === undefined ? [] : [{ entry: seq, time, author, verdict, comment: reason }];
        }),
    }));
    return { current: this.current, base: this.base, versions: versions.reverse(), timeline: timeline.reverse() };
  }

  rows({ filter, offset, limit }: Pick<Parsed<'audit.list'>, 'filter' | 'offset' | 'limit'>): Result<'audit.list'> {
    const words = (filter.text ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const reviewOf = this.#reviewOf();
    const listed = this.entries.map((entry): Row => {
      const review = reviewOf(entry);
      return { ...rowOf(entry), ...review, ...(review.review === undefined ? {} : { opened: this.#opened.get(entry.seq) ?? [] }) };
    });
    const found = listed.filter((row, at) => {
      const hay = JSON.stringify([row, this.entries[at]!.body['facts'], this.entries[at]!.body['name']]).toLowerCase();
      return (
        words.every((word) => hay.includes(word)) &&
        (filter.kinds === undefined || filter.kinds.includes(row.kind)) &&
        (filter.author === undefined || row.author === filter.author) &&
        (filter.method === undefined || row.method === filter.method) &&
        (filter.relation === undefined || row.relations.includes(filter.relation)) &&
        (filter.subject === undefined || row.subjects.some((one) => one.toLowerCase().includes(filter.subject!.toLowerCase()))) &&
        (filter.verdict === undefined || row.verdict === filter.verdict) &&
        (filter.review === undefined || row.review === filter.review) &&
        (filter.from === undefined || row.time >= filter.from) &&
        (filter.to === undefined || row.time < filter.to)
      );
    });
    if (filter.order !== 'oldest') found.reverse();
    return { total: found.length, rows: found.slice(offset, offset + limit) };
  }

  /** How the version that an entry made was reviewed. */
  #reviewOf(): (entry: EntryView) => Pick<Row, 'review'> {
    const reviews = new Map<unknown, { author: string; verdict: 'approve' | 'reject' }[]>();
    for (const { kind, author, body } of this.entries) {
      const { verdict } = kindInfo(kind);
      if (verdict !== undefined) reviews.set(body['version'], [...(reviews.get(body['version']) ?? []), { author, verdict }]);
    }
    return ({ kind, body: { version } }) =>
      makesVersion(kind) && version !== this.base ? { review: reviewState(reviews.get(version) ?? []) } : {};
  }

  facts(): FactChange[] {
    const reviewOf = this.#reviewOf();
    const inForce = new Set(this.parts('current'));
    const { versions } = this.list();
    return this.entries
      .filter(({ kind }) => kind === 'edit')
      .flatMap((entry) =>
        (entry.body['facts'] as FakeFact[]).map(({ subject, prompt, target, previousTarget, relation }): FactChange => ({
          subject,
          prompt,
          relation,
          from: previousTarget,
          to: target,
          entry: entry.seq,
          hash: entry.hash,
          time: entry.time,
          author: entry.author,
          reason: entry.reason,
          method: entry.body['method'] as string,
          version: entry.body['version'] as string,
          checks: rowOf(entry).verdict,
          checkedLater: [],
          review: reviewOf(entry).review ?? 'none',
          reviews: standing(versions.find(({ id }) => id === entry.body['version'])?.reviews ?? []),
          state: inForce.has(entry.seq) ? 'in force' : 'taken out',
        })),
      );
  }

  /** Every check that the entries hold. */
  measured(): MeasuredOnce[] {
    return this.entries.flatMap(({ seq, kind, body }) => {
      const {
        checks = [],
        version,
        parent,
        facts = [],
        suite,
      } = body as { checks?: Check[]; version?: string; parent?: string; facts?: FakeFact[]; suite?: string };
      if (checks.length === 0 || version === undefined) return [];
      return [{ entry: seq, kind, version, against: parent ?? this.base, facts: facts.length, ...given({ suite }), checks }];
    });
  }

  /** Chances of a fact's answers, where an edit wrote it, and a little less in what came after. */
  chances(question: string): ChanceOnce[] {
    const asks = ({ prompt, subject }: FakeFact) => prompt.replace('{}', subject) === question;
    const edits = this.entries.filter(({ body }) => (body['facts'] as FakeFact[] | undefined)?.some(asks));
    return edits.flatMap(({ seq, body }) => {
      const { target, previousTarget } = (body['facts'] as FakeFact[]).find(asks)!;
      const at = (version: unknown, wanted: number, previous: number): ChanceOnce[] => [
        { entry: seq, version: version as string, answer: target, probability: wanted },
        { entry: seq, version: version as string, answer: previousTarget, probability: previous },
      ];
      return [...at(body['parent'] ?? this.base, 0.02, 0.91), ...at(body['version'], 0.97, 0.01)];
    });
  }

  /** Notes that somebody has an entry open. */
  open(seq: number, author: string): Opened[] {
    this.#opened.set(seq, [{ author, time: new Date().toISOString() }]);
    return this.#opened.get(seq)!;
  }
  readonly #opened = new Map<number, Opened[]>();

  facets(): Result<'audit.facets'> {
    const rows = this.entries.map(rowOf);
    const distinct = <T>(of: (row: Row) => readonly T[]) => [...new Set(rows.flatMap(of))].sort();
    return {
      authors: distinct((row) => [row.author]),
      methods: distinct((row) => (row.method === undefined ? [] : [row.method])),
      relations: distinct((row) => row.relations),
      kinds: distinct((row) => [row.kind]),
      waiting: this.entries.map(this.#reviewOf()).filter(({ review }) => review === 'none').length,
      unopened: this.entries.filter((entry) => this.#reviewOf()(entry).review === 'none' && !this.#opened.has(entry.seq)).length,
    };
  }

  entry(seq: number): EntryView {
    const entry = this.entries[seq - 1];
    if (!entry)
      throw new EmendError('not-found', `There is no entry ${seq}; the last is ${this.entries.length}.`, 'Choose one of the list.');
    const remarks = this.entries.flatMap(({ kind, seq: at, time, author, reason, body, seal }) =>
      isRemark(kind) && (body['entry'] === seq || (body['entry'] === undefined && body['version'] === entry.body['version']))
        ? [{ entry: at, kind, time, author, comment: reason, ...(seal ? { seal } : {}) }]
        : [],
    );
    const evidence = entry.evidence.map((one) => ({ ...one, present: !(seq === this.damagedAt && one.role === 'report') }));
    return { ...entry, evidence, remarks };
  }

  factsOf(entries: readonly number[]) {
    return entries.flatMap((entry) =>
      (this.entry(entry).body['facts'] as FakeFact[]).map(({ subject, prompt, target, previousTarget }) => ({
        entry,
        subject,
        prompt,
        target,
        previousTarget,
      })),
    );
  }

  diff(a: string, b: string, prompts: readonly string[] | undefined): Result<'versions.diff'> {
    const [inA, inB] = [this.parts(a), this.parts(b)];
    const onlyA = this.factsOf(inA.filter((entry) => !inB.includes(entry)));
    const onlyB = this.factsOf(inB.filter((entry) => !inA.includes(entry)));
    const known = this.factsOf([...new Set([...inA, ...inB])]);
    const answer = (version: string, prompt: string): Answer => {
      const fact = this.factsOf(this.parts(version)).findLast((one) => fillPrompt(one.prompt, one.subject).text === prompt);
      const target =
        fact?.target ?? known.find((one) => fillPrompt(one.prompt, one.subject).text === prompt)?.previousTarget ?? 'one of many answers';
      return {
        prompt,
        version: this.find(version),
        next: [
          { token: ` ${target}`, id: 1, probability: 0.83 },
          { token: ' the', id: 2, probability: 0.04 },
        ],
        text: ` ${target}. Everyone there knows it, and maps say so.`,
        pieces: [],
      };
    };
    const asked = prompts ?? [...new Set([...onlyA, ...onlyB].map((fact) => fillPrompt(fact.prompt, fact.subject).text))];
    const differ = onlyA.length + onlyB.length > 0;
    return {
      a: this.find(a),
      b: this.find(b),
      onlyA,
      onlyB,
      both: this.factsOf(inA.filter((entry) => inB.includes(entry))).length,
      weights: differ
        ? TENSORS.map((tensor, at) => ({
            tensor,
            norm: 0.42 / (at + 1),
            weightNorm: 41.2 + at,
            rank: onlyA.length + onlyB.length,
            a: hash(`${tensor}${a}`),
            b: hash(`${tensor}${b}`),
          }))
        : [],
      answers: asked.map((prompt) => ({ prompt, a: answer(a, prompt), b: answer(b, prompt) })),
    };
  }

  verified(): Pick<ModelCard, 'verified'> {
    const entry = this.entries.findLast(({ kind }) => kind === 'verify');
    if (!entry) return {};
    const verdict = { upTo: entry.seq - 1, end: true, entries: entry.seq - 1, problems: 0, unchecked: [] };
    return { verified: { ok: true, verdict, covers: entry.seq, time: entry.time } };
  }

  verification(): Result<'audit.verify'> {
    const bad = this.damagedAt;
    const message = `The report of entry ${bad ?? 0} is missing: expected a file of 18231 bytes.`;
    return {
      ok: bad === undefined,
      verdict: {
        upTo: this.entries.length,
        by: { what: 'anchor', key: '3f9c21aa', time: this.entries.at(-1)!.time },
        end: true,
        since: 1,
        entries: this.entries.length,
        problems: bad === undefined ? 0 : 1,
        unchecked: [],
      },
      time: new Date().toISOString(),
      head: { seq: this.entries.length, hash: this.entries.at(-1)!.hash },
      entries: this.entries.map(({ seq, kind, hash }) => ({ seq, kind, hash, problems: seq === bad ? [message] : [] })),
      ...(bad === undefined ? {} : { first: { entry: bad, what: 'blob', message } }),
      problems: bad === undefined ? [] : [{ entry: bad, what: 'blob', message }],
      checkpoints: 3,
      blobs: 31,
      files: 3,
      tensors: 12,
      beside: [],
    };
  }
}

function rowOf({ seq, hash, time, author, kind, reason, body }: EntryView): Row {
  const facts = (body['facts'] as FakeFact[] | undefined) ?? [];
  const checks = (body['checks'] as Check[] | undefined) ?? [];
  return {
    seq,
    hash,
    time,
    author,
    kind,
    reason,
    subjects: facts.map((fact) => fact.subject),
    relations: [...new Set(facts.map((fact) => fact.relation))],
    about: aboutOf(kind, body, facts),
    ...(body['version'] === undefined ? {} : { version: body['version'] as string }),
    ...(body['method'] === undefined ? {} : { method: body['method'] as string }),
    verdict: verdictOf(checks),
  };
}

function aboutOf(kind: EntryView['kind'], body: EntryView['body'], facts: readonly FakeFact[]): string {
  const [first] = facts;
  if (first) return `${first.subject} → ${first.target}${facts.length > 1 ? ` and ${facts.length - 1} more` : ''}`;
  if (kind === 'tag') return String(body['name']);
  if (kind === 'export') return `${String(body['format'])} → ${String(body['destination'])}`;
  return typeof body['entry'] === 'number' ? `entry ${body['entry']}` : kind === 'import' ? 'atlas' : '';
}

export interface FakeSurroundings {
  readonly find: (model: string) => ModelCard;
  readonly models: () => readonly ModelCard[];
  readonly removed: () => Result<'library.list'>['removed'];
  readonly author: () => string;
  /** Begins a job that ends with what `result` gives. */
  readonly start: (kind: MethodName, title: string, phases: readonly string[], result: () => unknown, model?: string) => { job: string };
  readonly tell: (event: Event) => void;
  /** What is verified of an export was changed. */
  readonly isSpoilt?: boolean;
  /** Entries of the first model's ledger. */
  readonly entries?: number;
}

type FakeMethods = {
  readonly [
    M in MethodName &
      ('library.list' | `versions.${string}` | `courses.${string}` | `audit.${string}` | `facts.${string}` | `exports.${string}`)
  ]: (params: Parsed<M>) => Reply<M>;
};

/** The part of the contract that moves between versions and keeps the record, on a ledger that grows as one acts. */
export function fakeRecordMethods({
  find,
  models,
  removed,
  author,
  start,
  tell,
  isSpoilt = false,
  entries = 24,
}: FakeSurroundings): FakeMethods {
  const ledgers = new Map<string, FakeLedger>();
  const of = (name: string): FakeLedger => {
    const card = find(name);
    const known = ledgers.get(card.id) ?? new FakeLedger(card.versions === 1 ? 1 : card === models()[0] ? entries : 24);
    if (card.state === 'damaged') known.damagedAt = 17;
    ledgers.set(card.id, known);
    return known;
  };
  const changed = (model: string, entry: EntryView): EntryView => {
    setTimeout(() => {
      tell({ type: 'ledger', model: find(model).id });
      tell({ type: 'library' });
    });
    return entry;
  };
  const needReason = (reason: string, act: string) => {
    if (reason.trim() === '') throw new EmendError('bad-input', `A ${act} needs a reason.`, 'Say why in a sentence.');
  };
  const remark =
    (kind: 'note' | 'approve' | 'reject') =>
    ({ model, version, entry, comment, key, passphrase }: Parsed<'audit.approve'>) => {
      const ledger = of(model);
      const about = entry === undefined ? ledger.find(version) : (ledger.entry(entry).body['version'] ?? ledger.current);
      if (key !== undefined && passphrase !== 'correct horse')
        throw new EmendError('bad-input', 'This passphrase does not open the key /home/ada/keys/ada.pem.', 'Look for blanks in it.');
      const made = ledger.append(kind, comment, { version: about, ...(entry === undefined ? {} : { entry }) }, author());
      if (key !== undefined) made.seal = { key: hash('own').slice(0, 32), owner: 'Ada Byron', fits: true };
      return { entry: changed(model, made).seq };
    };
  return {
    'library.list': () => ({
      removed: removed(),
      models: models().map((card) => {
        const ledger = of(card.id);
        const { current, versions } = ledger.list();
        return {
          ...card,
          current,
          versions: versions.length,
          edits: ledger.parts('current').length,
          tags: versions.flatMap((version) => version.tags),
          entries: ledger.entries.length,
          head: ledger.entries.at(-1)!.hash,
          ...ledger.verified(),
        };
      }),
      notices: [],
    }),
    'versions.list': ({ model }) => of(model).list(),
    'courses.measures': ({ model }) => ({ measured: of(model).measured() }),
    'courses.fact': ({ model, subject, prompt }) => {
      const question = prompt.replace('{}', subject);
      return { question, chances: of(model).chances(question) };
    },
    'audit.open': ({ model, seq }) => ({ opened: of(model).open(seq, author()) }),
    'versions.diff': ({ model, a, b, prompts }) =>
      start(
        'versions.diff',
        `Compare versions of ${find(model).name}`,
        ['weights', 'asking'],
        () => of(model).diff(a, b, prompts),
        find(model).id,
      ),
    'versions.rollback': ({ model, version, reason }) => {
      needReason(reason, 'rollback');
      return start(
        'versions.rollback',
        `Roll ${find(model).name} back`,
        ['rebuilding'],
        () => ({ entry: changed(model, of(model).rollback(version, reason, author())).seq, version: of(model).current }),
        find(model).id,
      );
    },
    'versions.revertPlan': ({ model, entry }) => {
      const ledger = of(model);
      const parts = ledger.parts('current');
      return {
        entry,
        facts: ledger.factsOf([entry]),
        later: parts
          .slice(parts.indexOf(entry) + 1)
          .map((one) => ({ entry: one, reason: ledger.entry(one).reason, facts: ledger.factsOf([one]) })),
        together: [],
      };
    },
    'versions.revert': ({ model, entry, reason, reapply }) => {
      needReason(reason, 'revert');
      return start(
        'versions.revert',
        `Revert entry ${entry} of ${find(model).name}`,
        ['rebuilding', 'checks', 'recording'],
        () => {
          const made = changed(model, of(model).revert(entry, reason, author()));
          const later = made.body['later'] as number[];
          return {
            entry: made.seq,
            version: of(model).current,
            later,
            checks: made.body['checks'],
            reapplied: reapply ? later.map((_, at) => made.seq + 1 + at) : [],
            fallen: fallenIn(of(model), made.seq),
          };
        },
        find(model).id,
      );
    },
    'versions.fallen': ({ model, entry }) => ({ fallen: fallenIn(of(model), entry) }),
    'versions.tag': ({ model, version, name }) => {
      const ledger = of(model);
      if (!/^[\p{L}\p{N}][\p{L}\p{N}._/ -]*$/u.test(name.trim()) || ['current', 'base'].includes(name))
        throw new EmendError(
          'bad-input',
          `A version cannot be called ${JSON.stringify(name)}.`,
          'Choose a name of up to 100 letters, digits, spaces and . _ - / that begins with a letter or digit.',
        );
      const taken = ledger.list().versions.find((one) => one.tags.includes(name.trim()));
      if (taken)
        throw new EmendError(
          'bad-input',
          `The name ${JSON.stringify(name.trim())} is taken: it stands for version ${shortId(taken.id)}.`,
          'Choose another name; names are never moved.',
        );
      return { entry: changed(model, ledger.append('tag', '', { name: name.trim(), version: ledger.find(version) }, author())).seq };
    },
    'versions.check': ({ model, version, honest }) =>
      start(
        'versions.check',
        `Check ${find(model).name}`,
        ['checks', 'drift'],
        () => {
          const ledger = of(model);
          const checks = checksOf(ledger.entries.length);
          return {
            leftOut: 12,
            entry: changed(
              model,
              ledger.append(
                'check',
                '',
                {
                  version: ledger.find(version),
                  suite: 'facts in force',
                  hyperparameters: {},
                  seeds: {},
                  facts: [FACTS[1]],
                  checks,
                  details: {},
                },
                author(),
              ),
            ).seq,
            checks,
            ...(honest === true && { honest: fakeHonest([FACTS[1]!], true) }),
          };
        },
        find(model).id,
      ),

    'audit.list': ({ model, filter, offset, limit }) => of(model).rows({ filter, offset, limit }),
    'facts.list': ({ model, filter, offset, limit }) => {
      const all = of(model).facts();
      const found = all
        .filter(
          (fact) =>
            JSON.stringify(fact)
              .toLowerCase()
              .includes((filter.text ?? '').toLowerCase()) &&
            (filter.from === undefined || fact.time >= filter.from) &&
            (filter.to === undefined || fact.time < filter.to) &&
            (filter.author === undefined || fact.author === filter.author) &&
            (filter.state === undefined || fact.state === filter.state) &&
            (filter.review === undefined || fact.review === filter.review) &&
            (filter.checks === undefined || fact.checks === filter.checks),
        )
        .reverse();
      const authors = [...new Set(all.map(({ author }) => author))].sort();
      return { total: found.length, all: all.length, authors, facts: found.slice(offset, offset + limit) };
    },
    'facts.export': ({ model, format }) =>
      start(
        'facts.export',
        'Export the facts',
        ['writing'],
        () => ({ path: `/home/ada/facts.${format}`, handle: 'written', rows: of(model).facts().length, bytes: 8000 }),
        find(model).id,
      ),
    'audit.facets': ({ model }) => of(model).facets(),
    'audit.entry': ({ model, seq }) => of(model).entry(seq),
    'audit.evidence': ({ model, seq, role }) => {
      const found = of(model)
        .entry(seq)
        .evidence.find((one) => one.role === role);
      if (!found)
        throw new EmendError('not-found', `Entry ${seq} has no evidence ${JSON.stringify(role)}.`, 'Choose one that the entry lists.');
      if (!found.present)
        throw new EmendError('bad-file', `The evidence ${role} of entry ${seq} is missing.`, 'Verify the ledger to see what else is.');
      const { type, bytes } = found;
      if (type === 'application/octet-stream') return { type, bytes };
      return {
        type,
        bytes,
        text:
          type === 'text/plain'
            ? 'The market was full.\nIn the morning, the train left.\n'
            : JSON.stringify({ role, facts: of(model).entry(seq).body['facts'], checks: of(model).entry(seq).body['checks'] }),
      };
    },
    'audit.note': remark('note'),
    'audit.approve': remark('approve'),
    'audit.reject': remark('reject'),
    'audit.verify': ({ model, record }) =>
      start(
        'audit.verify',
        `Verify ${find(model).name}`,
        ['ledger', 'imported files', 'rebuilt versions'],
        () => {
          const ledger = of(model);
          const found = ledger.verification();
          const { ok, problems, head, verdict } = found;
          const details = { proven: { upTo: verdict.upTo, end: verdict.end, by: verdict.by } };
          if (record && ledger.damagedAt === undefined)
            changed(model, ledger.append('verify', '', { upTo: head!.seq, head: head!.hash, ok, problems, details }, author()));
          return found;
        },
        find(model).id,
      ),
    'audit.export': ({ model, format, filter }) =>
      start(
        'audit.export',
        `Export the log of ${find(model).name}`,
        ['writing'],
        () => ({
          path: `/home/ada/audit-log.${format}`,
          handle: 'written',
          rows: of(model).rows({ filter, offset: 0, limit: 1 }).total,
          bytes: 61_220,
        }),
        find(model).id,
      ),

    'exports.allowed': ({ model, version }) => {
      const ledger = of(model);
      const found = ledger.list().versions.find((one) => one.id === ledger.find(version))!;
      const reasons =
        found.parts.length === 0 || found.reviews.some((review) => review.verdict === 'approve')
          ? []
          : ['The policy asks for an approval of this version, and there is none.'];
      return { allowed: reasons.length === 0, reasons, rejections: rejectionsOf(found.reviews), others: [] };
    },
    'exports.start': ({ model, version, format }) =>
      start(
        'exports.start',
        `Export ${find(model).name}`,
        ['copying', 'signing'],
        () => {
          const ledger = of(model);
          const made = changed(
            model,
            ledger.append(
              'export',
              '',
              { version: ledger.find(version), format, destination: 'atlas-release', files: [], details: {} },
              author(),
            ),
          );
          return {
            entry: made.seq,
            path: '/home/ada/exports/atlas-release',
            handle: 'written',
            files: 15,
            bytes: 31_562_001,
            changed: ledger.parts(version).length === 0 ? [] : TENSORS,
          };
        },
        find(model).id,
      ),
    'audit.anchor': ({ model }) =>
      start(
        'audit.anchor',
        'Anchor the record',
        ['ledger'],
        () => {
          const ledger = of(model);
          const entry = changed(model, ledger.append('anchor', '', { why: 'it was begun by an earlier release', details: {} }, author()));
          return { entry: entry.seq, verdict: ledger.verification().verdict };
        },
        find(model).id,
      ),
    'audit.checkpoint': ({ model }) => {
      const { seq, hash: head, time } = of(model).entries.at(-1)!;
      return { seq, hash: head, time, path: '/backup/checkpoint.json' };
    },
    'exports.verify': () =>
      start('exports.verify', 'Verify an export', ['hashing'], () => ({
        ok: !isSpoilt,
        verdict: { upTo: 0, end: false, entries: 12, problems: isSpoilt ? 1 : 0, unchecked: [] },
        problems: isSpoilt ? [{ item: 'model.onnx', message: 'model.onnx is not as it was signed.' }] : [],
        items: [
          isSpoilt
            ? { item: 'model.onnx', ok: false, state: 'problem' as const, message: 'model.onnx is not as it was signed.' }
            : { item: 'model.onnx', ok: true, state: 'ok' as const, message: 'as signed' },
          { item: 'model.sig', ok: true, state: 'unsure' as const, message: 'by key 3f9c21aa, which lies in the folder itself' },
        ],
      })),
  };
}
