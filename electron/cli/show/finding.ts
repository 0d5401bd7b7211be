import type { Attention } from '../../../shared/contract/locating.ts';
import type { FoundBy } from '../../../shared/contract/findings.ts';
import type { LookName } from '../../../shared/looks.ts';
import type { Application } from '../../services/application.ts';
import type { Printer } from '../format/printer.ts';
import { showAttribution } from './attribution.ts';
import { showChange } from './change.ts';
import { showDissection } from './dissection.ts';
import { showFactTraces } from './fact-traces.ts';
import { showGrid } from './grid.ts';
import { showLayers } from './layers.ts';
import { showLens } from './lens.ts';
import { showNear } from './near.ts';
import { showAblation, showPatch } from './sites.ts';
import { showTrace } from './trace.ts';

/** Units of a dissection that are shown, the best first. */
const UNITS = 12;

/** How what each look found is printed. */
const SHOWN: { readonly [L in LookName]: (out: Printer, found: FoundBy<L>, app: Application) => void | Promise<void> } = {
  trace: showTrace,
  lens: (out, found) => showLens(out, found, false),
  attribution: showAttribution,
  attention: showAttention,
  change: showChange,
  factTraces: showFactTraces,
  layers: showLayers,
  near: showNear,
  patch: showPatch,
  ablation: showAblation,
  dissection: async (out, found, app) =>
    showDissection(out, found, (await app.call('dissecting.units', { run: found.run, most: UNITS })).units),
};

/** Prints what an entry keeps, as it was found. @returns it */
export async function showFinding(out: Printer, app: Application, model: string, entry: number): Promise<unknown> {
  const finding = await app.call('findings.open', { model, entry });
  const show = SHOWN[finding.look] as (out: Printer, found: unknown, app: Application) => void | Promise<void>;
  await show(out, finding.result, app);
  return finding.result;
}

/** The mean of all heads. */
function showAttention(out: Printer, { tokens, layer, heads }: Attention): void {
  out.line(`Attention of layer ${layer}, mean of all heads, in %: where each token (line) looks.`);
  const mean = (query: number, key: number) => heads.reduce((sum, head) => sum + head[query]![key]!, 0) / heads.length;
  showGrid(
    out,
    tokens,
    tokens.map((_, at) => String(at + 1)),
    tokens.map((_, query) => tokens.map((__, key) => (100 * mean(query, key)).toFixed(0))),
  );
}
