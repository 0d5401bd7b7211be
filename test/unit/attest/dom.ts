import { createRequire } from 'node:module';

/** What these tests look at in a page. (jsdom brings no types, and the project has none of the browser's.) */
interface Part {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): ArrayLike<Part> & Iterable<Part>;
}

interface Page {
  readonly title: string;
  readonly body: Part;
  querySelector(selector: string): Part | null;
  querySelectorAll(selector: string): ArrayLike<Part> & Iterable<Part>;
}

const { JSDOM } = createRequire(import.meta.url)('jsdom') as {
  readonly JSDOM: new (html: string) => { readonly window: { readonly document: Page } };
};

/** A page as a browser would read it, scripts not run. */
export function parsePage(html: string): Page {
  return new JSDOM(html).window.document;
}
