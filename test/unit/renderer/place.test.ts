import { expect, test } from 'vitest';
import { href, placeOf } from '../../../renderer/state/place.ts';

test('an address leads where it was made for', () => {
  expect(placeOf(href('log', 'A model/100 %', { entry: '12' }))).toEqual({ screen: 'log', model: 'A model/100 %', query: { entry: '12' } });
  expect(placeOf(href('settings'))).toEqual({ screen: 'settings', query: {} });
});

test.each(['#/model/%/log', '#/model/%E0%A4%A/log', '#/model//log', '#/nowhere', '', '#%', '#/model/x/nowhere'])(
  '%j is the library',
  (hash) => {
    expect(placeOf(hash)).toEqual({ screen: 'library', query: {} });
  },
);
