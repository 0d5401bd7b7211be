import type { PrintToPDFOptions } from 'electron';
import type { Protocol } from '../chromium/protocol.ts';
import { noSuch } from '../strict.ts';

/** Inches, as Electron and Chromium both count. */
const PAPERS: Record<string, readonly [number, number]> = { Letter: [8.5, 11], A4: [8.27, 11.7] };

/** What `printToPDF` is given, in Chromium's words. @throws Error for what the double does not pass on */
export function printParameters({
  landscape,
  printBackground,
  scale,
  pageSize = 'Letter',
  margins = {},
  ...rest
}: PrintToPDFOptions): Protocol.Page.printToPDFParameters {
  const { top: marginTop, bottom: marginBottom, left: marginLeft, right: marginRight } = margins;
  const [paperWidth, paperHeight] = typeof pageSize === 'object' ? [pageSize.width, pageSize.height] : (PAPERS[pageSize] ?? []);
  if (paperWidth === undefined) throw noSuch(`page size ${String(pageSize)}`);
  const {
    displayHeaderFooter,
    headerTemplate,
    footerTemplate,
    pageRanges,
    preferCSSPageSize,
    generateTaggedPDF,
    generateDocumentOutline,
    ...unknown
  } = rest;
  const [other] = Object.keys(unknown);
  if (other !== undefined) throw noSuch(`printToPDF option ${other}`);
  const sheet = {
    landscape,
    scale,
    paperWidth,
    paperHeight,
    marginTop,
    marginBottom,
    marginLeft,
    marginRight,
    pageRanges,
    preferCSSPageSize,
  };
  const given = {
    ...sheet,
    printBackground,
    displayHeaderFooter,
    headerTemplate,
    footerTemplate,
    generateTaggedPDF,
    generateDocumentOutline,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
