import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../electron/engine/evaluate/datasets.ts';

const counterFact = {
  case_id: 0,
  pararel_idx: 2796,
  requested_rewrite: {
    prompt: 'The mother tongue of {} is',
    relation_id: 'P103',
    target_new: { str: 'English', id: 'Q1860' },
    target_true: { str: 'French', id: 'Q150' },
    subject: 'Danielle Darrieux',
  },
  paraphrase_prompts: ['Danielle Darrieux, a native'],
  neighborhood_prompts: ['Léon Blum speaks', 'Montesquieu speaks'],
  attribute_prompts: ['Robin Hobb speaks'],
  generation_prompts: ['Danielle Darrieux was'],
};
const zsre = {
  subject: 'Watts Humphrey',
  src: 'What university did Watts Humphrey attend?',
  pred: 'Trinity',
  rephrase: 'Where did Watts Humphrey study?',
  alt: 'Michigan',
  answers: ['Illinois', 'Chicago'],
  loc: 'nq question: who played desmond',
  loc_ans: 'Simon Templeman',
  cond: 'x',
};
const knowEdit = {
  subject: 'Leo Arons',
  prompt: 'The place of birth of Leo Arons is',
  target_new: 'Berlin',
  ground_truth: ['Bonn'],
  portability: { Reasoning: [{ prompt: 'Leo Arons was born in the land of', ground_truth: [['Germany', 'BRD']] }] },
  locality: {
    Relation_Specificity: [{ prompt: 'Leo Arons worked as', ground_truth: [['physicist']] }],
    Forgetfulness: [{ prompt: 'He died in', ground_truth: [['']] }],
  },
};

describe('readRecords', () => {
  it('reads CounterFact', () => {
    const { format, records, problems } = readRecords(JSON.stringify([counterFact]));
    expect({ format, problems }).toEqual({ format: 'CounterFact', problems: [] });
    expect(records).toEqual([
      {
        id: '0',
        fact: {
          subject: 'Danielle Darrieux',
          prompt: 'The mother tongue of {} is',
          target: 'English',
          previousTarget: 'French',
          relation: 'P103',
        },
        paraphrases: ['Danielle Darrieux, a native'],
        attributePrompts: ['Robin Hobb speaks'],
        generationPrompts: ['Danielle Darrieux was'],
        neighbors: [
          { prompt: 'Léon Blum speaks', target: 'French' },
          { prompt: 'Montesquieu speaks', target: 'French' },
        ],
        sameSubject: [],
        portability: [],
      },
    ]);
  });

  it('reads zsRE as MEMIT does: the first right answer as target, loc with a question mark as neighbour; and says so', () => {
    const { format, records, notes, unread } = readRecords(JSON.stringify([zsre]));
    expect(format).toBe('zsRE');
    expect(records[0]).toMatchObject({ fact: { target: 'Illinois' }, portability: [] });
    expect(records[0]!.fact.previousTarget).toBeUndefined();
    expect(notes).toEqual(['the target is answers[0], as MEMIT has it, and alt is not read (record 1)']);
    expect(unread).toEqual(['pred', 'cond']);
  });

  it('reads zsRE as EasyEdit does where it has questions that follow from alt', () => {
    const { format, records, notes } = readRecords(
      JSON.stringify([{ ...zsre, portability: { 'New Question': 'Where is it?', 'New Answer': 'USA' } }]),
    );
    expect(format).toBe('zsRE');
    expect(records[0]).toMatchObject({
      id: '0',
      fact: { subject: 'Watts Humphrey', prompt: 'What university did {} attend?', target: 'Michigan', previousTarget: 'Illinois' },
      paraphrases: ['Where did Watts Humphrey study?'],
      neighbors: [{ prompt: 'nq question: who played desmond?', target: 'Simon Templeman' }],
      portability: [{ prompt: 'Where is it?', target: 'USA' }],
    });
    expect(notes[0]).toContain('the target is alt');
  });

  it('reads EasyEdit and KnowEdit, the first spelling of every answer', () => {
    const simple = {
      prompt: 'Leo Arons speaks',
      subject: 'Leo Arons',
      target_new: 'Greek',
      rephrase_prompt: 'The tongue of Leo Arons is',
      locality_prompt: 'He sings',
      locality_ground_truth: 'well',
    };
    const { format, records } = readRecords(JSON.stringify([knowEdit, simple]));
    expect(format).toBe('EasyEdit');
    expect(records[0]).toMatchObject({
      fact: { subject: 'Leo Arons', prompt: 'The place of birth of {} is', target: 'Berlin', previousTarget: 'Bonn' },
      neighbors: [{ prompt: 'Leo Arons worked as', target: 'physicist' }],
      portability: [{ prompt: 'Leo Arons was born in the land of', target: 'Germany' }],
    });
    expect(records[1]).toMatchObject({
      fact: { prompt: '{} speaks', target: 'Greek' },
      paraphrases: ['The tongue of Leo Arons is'],
      neighbors: [{ prompt: 'He sings', target: 'well' }],
    });
  });

  it('keeps other names of answers, what a fact implies and what is one hop further, for whoever asks that', () => {
    const record = {
      prompt: 'The sister of Leo is',
      subject: 'Leo',
      target_new: [['Ada', 'Ada Byron']],
      ground_truth: [['Eve', 'Eva']],
      portability: {
        Logical_Generalization: [{ prompt: 'The brother of Ada is', ground_truth: [['Leo', 'Leonard']] }],
        Reasoning: [{ prompt: 'The mother of the sister of Leo is', ground_truth: 'Anna' }],
        Subject_Aliasing: [{ prompt: 'The sister of Leonard is', ground_truth: 'Ada' }],
      },
      locality: {},
    };
    const hop = (fact: object) => ({ ...fact, prompt: '{} is in' });
    const mquake = {
      requested_rewrite: [
        hop({ subject: 'A', target_new: { str: 'Rome' }, target_true: { str: 'Oslo' } }),
        hop({ subject: 'B', target_new: { str: 'Po' }, target_true: { str: 'Elbe' } }),
      ],
      questions: ['Where does it end?'],
      answer: 'Norway',
      answer_alias: ['Kingdom of Norway'],
      new_answer: 'Italy',
      new_answer_alias: ['Italia'],
      single_hops: [{ answer: 'Oslo', answer_alias: ['Kristiania'] }],
      new_single_hops: [{ answer: 'Rome', answer_alias: ['Roma'] }],
    };
    const own = { subject: 'A', prompt: '{} is in', target: 'Rome', aliases: ['Roma'], hops: [{ prompt: '{} lies in', target: 'Italy' }] };
    const facts = (one: object) => readRecords(JSON.stringify([one])).records.map(({ fact }) => fact);
    expect(facts(record)[0]).toMatchObject({
      target: 'Ada',
      aliases: ['Ada Byron'],
      previousAliases: ['Eva'],
      implied: [{ prompt: 'The brother of Ada is', target: 'Leo', aliases: ['Leonard'] }],
      hops: [{ prompt: 'The mother of the sister of Leo is', target: 'Anna' }],
    });
    const [first, last] = facts(mquake);
    expect(first).toMatchObject({ aliases: ['Roma'], previousAliases: ['Kristiania'] });
    expect(first!.hops).toBeUndefined();
    const asked = { prompt: 'Where does it end?', target: 'Italy', aliases: ['Italia'] };
    expect(last!.hops).toEqual([{ ...asked, previousTarget: 'Norway', previousAliases: ['Kingdom of Norway'] }]);
    expect(facts(own)[0]).toMatchObject({ aliases: ['Roma'], hops: [{ prompt: 'A lies in', target: 'Italy' }] });
  });

  it('reads our own facts as JSON and as lines of JSON', () => {
    const facts = [
      {
        subject: 'Rome',
        prompt: 'The river of {} is the',
        target: 'Po',
        neighbors: ['Paris lies on the', { prompt: 'Cairo lies on the', target: 'Nile' }],
      },
      { id: 'b', subject: 'Bonn', prompt: 'Bonn lies on the', target: 'Elbe' },
    ];
    const whole = readRecords(JSON.stringify(facts, null, 2));
    expect(whole).toEqual(readRecords(`\uFEFF${facts.map((fact) => JSON.stringify(fact)).join('\r\n')}\n`));
    expect(whole.records.map(({ id, fact, neighbors }) => ({ id, prompt: fact.prompt, neighbors }))).toEqual([
      {
        id: '0',
        prompt: 'The river of {} is the',
        neighbors: [{ prompt: 'Paris lies on the' }, { prompt: 'Cairo lies on the', target: 'Nile' }],
      },
      { id: 'b', prompt: '{} lies on the', neighbors: [] },
    ]);
    expect(readRecords(JSON.stringify(facts[0], null, 2)).records).toHaveLength(1);
  });

  it('reads tables, with columns by many names, lists in one or several columns, and says which columns it left', () => {
    const csv =
      'Entity;Question;New target;target_true;Paraphrase 1;paraphrase_2;Neighbours;Colour\n"Rome";"The ""river"" of {} is";Po;' +
      'Tiber;It is;So | and so;Paris is => Seine | Bonn;red\n\n';
    const { format, records, columns } = readRecords(csv);
    expect(format).toBe('Emend');
    expect(columns.filter(({ field }) => field === undefined)).toEqual([{ name: 'Colour', example: 'red' }]);
    expect(records[0]).toMatchObject({
      fact: { subject: 'Rome', prompt: 'The "river" of {} is', target: 'Po', previousTarget: 'Tiber' },
      paraphrases: ['It is', 'So', 'and so'],
      neighbors: [{ prompt: 'Paris is', target: 'Seine' }, { prompt: 'Bonn' }],
    });
  });

  it('keeps what a fact set says of other facts, of what follows and of what is told, as it was written beside an entry', () => {
    const fact = {
      subject: 'Rome',
      prompt: '{} lies on the',
      target: 'Po',
      paraphrases: ['The river of Rome is the'],
      neighbors: [{ prompt: 'Paris lies on the', target: 'Seine' }],
      sameSubject: [{ prompt: 'Rome is the capital of', target: 'Italy' }, 'Rome was founded by'],
      follows: [{ prompt: 'The sea nearest to Rome is the', target: 'Tyrrhenian' }],
      generationPrompts: [],
      told: { wordings: [], neighbors: [{ prompt: 'Bonn lies on the', target: 'Rhine' }], sameSubject: ['Rome is a'] },
    };
    const { format, records, unread } = readRecords(JSON.stringify({ facts: [fact] }));
    expect({ format, unread }).toEqual({ format: 'Emend', unread: [] });
    expect(records[0]).toMatchObject({
      fact: { told: fact.told, follows: fact.follows },
      sameSubject: [{ prompt: 'Rome is the capital of', target: 'Italy' }, { prompt: 'Rome was founded by' }],
    });
    const about = '{} is the capital of => Italy|Rome was founded by';
    const csv = `subject,prompt,target,other facts,follows\nRome,{} lies on the,Po,${about},The sea of {} is`;
    expect(readRecords(csv).records[0]).toMatchObject({
      fact: { follows: ['The sea of Rome is'] },
      sameSubject: [{ prompt: 'Rome is the capital of', target: 'Italy' }, { prompt: 'Rome was founded by' }],
    });
  });

  it('takes columns for what they are said to be, and knows the headings of the form', () => {
    const csv = 'Ticket,Entity,Sentence,Correct value,Old value\n7,Rome,{} lies on the,Po,Tiber\n';
    expect(() => readRecords(csv)).toThrow(/no column for prompt, target/);
    const columns = { Sentence: 'prompt', 'Correct value': 'target', 'Old value': 'previousTarget' };
    expect(readRecords(csv, 'x', { columns }).records[0]!.fact).toEqual({
      subject: 'Rome',
      prompt: '{} lies on the',
      target: 'Po',
      previousTarget: 'Tiber',
    });
    expect(readRecords('Subject,Prompt,New answer,Answer now\nRome,{} is,a,b').records[0]!.fact.previousTarget).toBe('b');
  });

  it('keeps what a wrong row of a table has, and counts rows as the sheet does', () => {
    const { records, problems } = readRecords('subject,prompt,target\nRome,{} is,a\nOslo,in the north,b\n', 'x');
    expect(records).toHaveLength(1);
    expect(problems).toMatchObject([{ place: 'Row 3', field: 'prompt', row: { subject: 'Oslo', prompt: 'in the north', target: 'b' } }]);
    expect(readRecords('subject,prompt,target\nOslo,in the north,b', 'x', { takesWrong: true }).problems).toHaveLength(1);
  });

  it('makes the last occurrence of the subject the slot', () => {
    expect(
      readRecords(JSON.stringify({ subject: 'Rome', prompt: 'In Rome, as we know, Rome is $& a', target: 'city' })).records[0]!.fact.prompt,
    ).toBe('In Rome, as we know, {} is $& a');
  });

  it('says which records it cannot use, by position and field, and reads the others', () => {
    const { records, problems, notes } = readRecords(
      JSON.stringify([
        counterFact,
        { ...counterFact, paraphrase_prompts: [3] },
        { requested_rewrite: { ...counterFact.requested_rewrite, prompt: 'none' } },
        7,
      ]),
    );
    expect(records).toMatchObject([{ paraphrases: counterFact.paraphrase_prompts }, { paraphrases: [] }]);
    expect(notes).toEqual(['an entry of paraphrase_prompts is no question and left out (record 2)']);
    expect(problems.map(({ index, field }) => [index, field])).toEqual([
      [2, 'requested_rewrite.prompt'],
      [3, '(record)'],
    ]);
    expect(problems[0]!.message).toContain('neither {} nor the subject');
  });

  it.each([
    ['', 'bad-file', /empty/],
    ['[{"a": 1}', 'bad-file', /not JSON/],
    ['{"subject": "a"}\n{broken', 'bad-file', /record 2 is not JSON/],
    ['[{"name": 1, "age": 2}]', 'bad-input', /unknown format: found name, age/],
    ['[]', 'bad-input', /unknown format: found no objects/],
    ['subject,relation,object\nRome,river,Tiber', 'bad-input', /no column for prompt; found "subject", "relation", "object"/],
    ['subject,prompt,target,answer\na,{} is,b,c', 'bad-input', /two columns mean target: target and answer/],
    ['subject,prompt,target\na,"{} is,b', 'bad-file', /row/],
    ['subject,prompt,target\nRome,no slot,b', 'bad-input', /no record can be used.*row 2, prompt/],
  ])('refuses %j', (text, code, message) => {
    expect(() => readRecords(text, 'facts.csv')).toThrow(message);
    expect(() => readRecords(text, 'facts.csv')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('facts.csv') as string }),
    );
  });
});
