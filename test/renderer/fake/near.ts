import type { MethodName, Parsed, Reply } from '../../../shared/contract.ts';
import type { Near } from '../../../shared/contract/beforehand.ts';
import type { FakeSurroundings } from './records.ts';
import { hash } from './samples.ts';

type Methods = { [M in MethodName]?: (params: Parsed<M>) => Reply<M> | Promise<Reply<M>> };

/** Two prompts near each fact. */
export function fakeNearMethods({ find, start }: Pick<FakeSurroundings, 'find' | 'start'>): Methods {
  const near = (prompt: string, share: number, entry?: number): Near => {
    const nearest = { layer: 3, token: ' Bridge', share, cosine: 0.9 * share };
    const from = entry === undefined ? ({ from: 'relation' } as const) : ({ from: 'in force', entry } as const);
    return { prompt, ...from, answer: 'London', nearest, places: [nearest] };
  };
  return {
    'locating.near': ({ model, facts }) =>
      start(
        'locating.near',
        'What is near an edit',
        ['keys'],
        () => ({
          version: find(model).current,
          finding: hash('near'),
          layers: [3],
          isOpen: false,
          covariance: 'the text of atlas',
          facts: facts.map(({ subject, prompt, target }) => ({
            ...{ subject, prompt, target },
            looked: 12,
            near: [near('London Bridge stands in the city of', 0.61), near('Brooklyn Bridge stands in the city of', 0.4, 2)],
          })),
        }),
        find(model).id,
      ),
  };
}
