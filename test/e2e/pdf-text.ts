import { inflateSync } from 'node:zlib';

/**
 * The text of a PDF that Chromium printed, line by line as it was drawn, and its number of pages. Reads what Skia writes: deflated streams,
 * and fonts whose glyphs a ToUnicode map turns back into text.
 */
export function pdfText(pdf: Uint8Array): { readonly pages: number; readonly text: string } {
  const source = Buffer.from(pdf).toString('latin1');
  const objects = objectsIn(source);
  const stream = (body: string): string => {
    const begins = /stream\r?\n/.exec(body);
    const content = begins ? body.slice(begins.index + begins[0].length) : '';
    return body.includes('/FlateDecode') ? inflateSync(Buffer.from(content, 'latin1')).toString('latin1') : content;
  };
  const maps = new Map<number, ReadonlyMap<string, string>>();
  for (const [id, body] of objects) {
    const map = /\/ToUnicode (\d+) 0 R/.exec(body)?.[1];
    if (map !== undefined) maps.set(id, glyphs(stream(objects.get(Number(map))!)));
  }
  const pages = [...objects.values()].filter((body) => /\/Type \/Page\b/.test(body));
  const text = pages.map((page) => {
    const fonts = new Map([...page.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, id]) => [name!, maps.get(Number(id))]));
    const content = stream(objects.get(Number(/\/Contents (\d+) 0 R/.exec(page)?.[1])) ?? '');
    let font: ReadonlyMap<string, string> | undefined;
    let drawn = '';
    for (const [whole, name, hex] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([\dA-Fa-f]+)>|\bET\b/g)) {
      if (name !== undefined) font = fonts.get(name);
      else if (hex !== undefined) drawn += (hex.match(/.{4}/g) ?? []).map((glyph) => font?.get(glyph.toUpperCase()) ?? '').join('');
      else if (whole === 'ET') drawn += '\n';
    }
    return drawn;
  });
  return { pages: pages.length, text: text.join('\n') };
}

/** Every object by its number; of a stream its dictionary and as many bytes as that says, whatever they are. */
function objectsIn(source: string): ReadonlyMap<number, string> {
  const objects = new Map<number, string>();
  const begin = /(\d+) 0 obj\s/g;
  for (let found = begin.exec(source); found; found = begin.exec(source)) {
    const from = begin.lastIndex;
    const end = source.indexOf('endobj', from);
    const stream = /stream\r?\n/g;
    stream.lastIndex = from;
    const streams = stream.exec(source);
    const isStream = streams !== null && streams.index < end;
    const length = isStream ? Number(/\/Length (\d+)/.exec(source.slice(from, streams.index))?.[1]) : 0;
    const to = isStream ? stream.lastIndex + length : end;
    objects.set(Number(found[1]), source.slice(from, to));
    begin.lastIndex = to;
  }
  return objects;
}

/** Glyph numbers and the text that each stands for. */
function glyphs(map: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const letters = (hex: string) => String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((unit) => parseInt(unit, 16)));
  for (const [, block] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, glyph, hex] of block!.matchAll(/<(\w{4})>\s*<(\w+)>/g)) found.set(glyph!.toUpperCase(), letters(hex!));
  for (const [, block] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, from, to, hex] of block!.matchAll(/<(\w{4})>\s*<(\w{4})>\s*<(\w{4})>/g))
      for (let at = parseInt(from!, 16); at <= parseInt(to!, 16); at++)
        found.set(at.toString(16).toUpperCase().padStart(4, '0'), String.fromCharCode(parseInt(hex!, 16) + at - parseInt(from!, 16)));
  return found;
}
