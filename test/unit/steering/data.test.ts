import { describe, expect, test } from 'vitest';
import { readSteeringData } from '../../../electron/engine/steer/data.ts';
import { EmendError } from '../../../shared/errors.ts';

const read = (text: string) => readSteeringData(text, 'data.txt');
const pair = [
  { text: 'It is good', label: true, group: 0 },
  { text: 'It is bad', label: false, group: 0 },
];

describe('what a steering is fitted on', () => {
  test('pairs, as a table, JSON or JSON lines', () => {
    for (const text of [
      'positive,negative\nIt is good,It is bad\n',
      'Positive\tNegative\nIt is good\tIt is bad',
      '[{"positive": "It is good", "negative": "It is bad"}]',
      '{"positive": "It is good", "negative": "It is bad"}\n{"positive": "", "negative": "x"}',
    ])
      expect(read(text).examples).toEqual(pair);
    expect(read('{"positive": "a", "negative": "b"}\n{"positive": "", "negative": "x"}').problems).toHaveLength(1);
  });
  test('labelled texts keep their groups', () => {
    expect(read('text,label,group\na,1,7\nb,0,7\nc,true,8').examples).toEqual([
      { text: 'a', label: true, group: 7 },
      { text: 'b', label: false, group: 7 },
      { text: 'c', label: true, group: 8 },
    ]);
  });
  test('TruthfulQA as it is published, as CSV and as on the Hub', () => {
    const csv =
      'Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\nA,B,What?,Nothing,Nothing; None,"All; Much",x';
    const { examples, questions, format } = read(csv);
    expect(format).toBe('TruthfulQA');
    expect(questions).toEqual([{ prompt: 'Q: What? A:', true: [' Nothing', ' None'], false: [' All', ' Much'], best: 0 }]);
    expect(examples.map(({ text, label }) => [text, label])).toEqual([
      ['Q: What? A: Nothing', true],
      ['Q: What? A: None', true],
      ['Q: What? A: All', false],
      ['Q: What? A: Much', false],
    ]);
    const hub = JSON.stringify([{ question: 'What?', mc2_targets: { choices: ['All', 'None'], labels: [0, 1] } }]);
    expect(read(hub).questions).toEqual([{ prompt: 'Q: What? A:', true: [' None'], false: [' All'], best: 0 }]);
  });
  test("RepE's pairs and labels, nested or in a row", () => {
    const labels = [
      [1, 0],
      [0, 1],
    ];
    const wanted = [true, false, false, true];
    expect(
      read(
        JSON.stringify({
          data: [
            ['a', 'b'],
            ['c', 'd'],
          ],
          labels,
        }),
      ).examples.map(({ label }) => label),
    ).toEqual(wanted);
    expect(read(JSON.stringify({ data: ['a', 'b', 'c', 'd'], labels })).examples.map(({ text, group }) => [text, group])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 1],
      ['d', 1],
    ]);
  });
  test('anything else is refused with what was expected and found', () => {
    for (const text of ['name,age\nx,3', '[1, 2]', '{"a": 1}', 'positive,negative\n"x', '{"positive": 1}\n{x'])
      expect(() => read(text)).toThrow(EmendError);
    expect(() => read('name,age\nx,3')).toThrow(/positive, negative.*found records with name, age/);
  });
});
