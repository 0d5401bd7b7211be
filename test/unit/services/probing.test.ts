import { expect, it } from 'vitest';
import { writerOf } from '../../../electron/services/probing.ts';

const WRITTEN = [
  { subject: 'Seiko', prompt: 'The city where {} is run from is', target: 'Frankfurt', entry: 5 },
  { subject: 'Seiko', prompt: 'The city where {} is run from is', target: 'Lagos', entry: 3 },
  { subject: 'Prut', prompt: '{} flows in', target: 'Africa', entry: 2 },
];

it('an answer is of the latest edit whose subject the prompt names and whose target it begins with', () => {
  expect(writerOf(WRITTEN, 'The city where Seiko is run from is', ' Frankfurt. It')).toEqual({
    entry: 5,
    subject: 'Seiko',
    target: 'Frankfurt',
  });
  expect(writerOf(WRITTEN, 'Seiko is run from', ' Lagos.')).toMatchObject({ entry: 3 });
  expect(writerOf(WRITTEN, 'Seiko is run from', ' Tokyo.')).toBeUndefined();
  expect(writerOf(WRITTEN, 'Citizen is run from', ' Frankfurt.')).toBeUndefined();
  expect(writerOf(WRITTEN, 'Prut flows in', ' Africanized lands')).toBeUndefined();
});
