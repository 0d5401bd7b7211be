import type { Answer } from '../../../shared/contract/probing.ts';
import { share } from './samples.ts';

const WORDS = [
  ' The',
  ' city',
  ' is',
  ' known',
  ' for',
  ' its',
  ' old',
  ' harbour',
  ' and',
  ' the',
  ' market',
  ' square',
  '.',
  ' Many',
  ' visitors',
  ' come',
  ' in',
  ' spring',
  '.',
  ' It',
  ' lies',
  ' on',
  ' the',
  ' river',
  '.',
];
const PLACES = [
  ' Rome',
  ' Paris',
  ' Naples',
  ' London',
  ' Milan',
  ' France',
  ' Italy',
  ' Berlin',
  ' Oslo',
  ' Madrid',
  ' Vienna',
  ' Lisbon',
  ' Athens',
  ' Prague',
  ' Dublin',
];

/** A believable answer, the same for the same prompt and version. */
export function answer(prompt: string, version: string, id: string, top: number, maxTokens: number): Answer {
  const isBase = version === 'base';
  const places = isBase ? [PLACES[1]!, PLACES[0]!, ...PLACES.slice(2)] : PLACES;
  const next = places.slice(0, top).map((token, at) => ({ token, id: 400 + at, probability: at === 0 ? 0.874 : 0.09 * 0.52 ** at }));
  const words = [places[0]!, '.', ...WORDS, ...WORDS].slice(0, maxTokens);
  const pieces = words.map((text, at) => ({
    text: isBase && text === ' harbour' ? ' bridges' : text,
    probability: at === 0 ? 0.874 : 0.08 + 0.92 * share(prompt + at + text),
  }));
  return { prompt, version: id, next, text: pieces.map(({ text }) => text).join(''), pieces };
}
