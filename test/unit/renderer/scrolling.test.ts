import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const RENDERER = resolve(import.meta.dirname, '../../../renderer');

/** Rules of style sheets that let something scroll, with the selector that they stand under. */
function scrollingRules(text: string): string[] {
  return [...text.matchAll(/([^{}]*)\{[^{}]*\boverflow(?:-[xy]|-block|-inline)?:[^;}]*\b(?:auto|scroll)\b/g)].map(([, selector = '']) =>
    selector.trim().split('\n').at(-1)!.trim(),
  );
}

it('lets parts of the page scroll by components/scrollable.ts alone, which keeps them within reach of the keyboard', () => {
  const files = readdirSync(RENDERER, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|css)$/.test(name));
  const found = files.flatMap((name) =>
    scrollingRules(readFileSync(join(RENDERER, name), 'utf8')).map((selector) => `${name} ${selector}`),
  );
  expect(found.filter((rule) => !/^styles\/base\.css \[data-scrolls="\w+"\]$/.test(rule))).toEqual([]);
  expect(found).toHaveLength(3);
});

it('finds a rule that scrolls on its own', () => {
  expect(scrollingRules('.a {\n  color: red;\n}\n.wide {\n  padding: 0;\n  overflow-x: auto;\n}')).toEqual(['.wide']);
  expect(scrollingRules('.b {\n  overflow: hidden auto;\n}')).toEqual(['.b']);
  expect(scrollingRules('.c {\n  overflow: hidden;\n  margin: auto;\n}')).toEqual([]);
});
