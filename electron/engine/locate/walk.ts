import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { rightPad, type Rows } from '../runtime/inputs.ts';
import { floats, type Session } from '../runtime/session.ts';
import { byToken, type Layout, layoutOf, placesIn } from '../decoder/layout.ts';
import { type Site, siteValue } from '../decoder/sites.ts';
import { graphFrom, indicesFor, isFlat, liveAt, Stage } from '../decoder/stage.ts';
import { inject, logitsAt } from '../runtime/surgery.ts';

/** A site's value at one token of one row, put in place of what the run has there, or added to it. */
export interface Change {
  readonly site: Site;
  readonly row: number;
  readonly token: number;
  readonly vector: Float32Array;
}

/** Rows between two blocks: what the next block goes on from. */
export interface State {
  /** Blocks that have run. */
  readonly layer: number;
  /** The rows' tokens; all rows are of one text. */
  readonly ids: readonly number[];
  readonly rows: number;
  readonly live: Readonly<Record<string, ort.Tensor>>;
}

/** A state and what was read on the way to it: site → values, [rows, tokens, width]. */
export interface Step {
  readonly state: State;
  read(site: Site): Float32Array;
}

const PLACES = (at: string) => `${at}/places`;
const VECTORS = (at: string) => `${at}/vectors`;
const LAST = 'locate.last_rows';

/**
 * A decoder cut into its blocks, so that rows can be changed between and inside them, and only what lies above a change runs again.
 * The sessions together hold the weights once.
 */
export class Walk {
  readonly decoder: Decoder;
  private readonly entry: Part;
  private readonly blocks: readonly Part[];
  private readonly head: { readonly stage: Stage; readonly logits: string };

  private constructor(decoder: Decoder, entry: Part, blocks: readonly Part[], head: { stage: Stage; logits: string }) {
    this.decoder = decoder;
    this.entry = entry;
    this.blocks = blocks;
    this.head = head;
  }

  /**
   * @param sites what is to be read or changed inside blocks; hidden states between blocks always can be
   * @throws EmendError 'unsupported' when the hidden state is not all that a block hands on
   */
  static async create(decoder: Decoder, sites: readonly Site[]): Promise<Walk> {
    const { anatomy } = decoder;
    const between = [anatomy.embedding, ...anatomy.layers.map((layer) => layer.residual)];
    for (const [at, name] of between.entries()) {
      const live = liveAt(decoder, name);
      if (live.length === 1 && live[0] === name) continue;
      throw new EmendError(
        'unsupported',
        `Between blocks ${at - 1} and ${at} more than the hidden state is handed on (${live.join(', ')}).`,
        'This model can be asked and edited, but not looked into layer by layer.',
      );
    }
    const tokens: Site = { kind: 'tokens' };
    const entry = await Part.create(decoder, undefined, between[0]!, [...sites.filter((site) => site.kind === 'embedding'), tokens]);
    const blocks: Part[] = [];
    for (const layer of anatomy.layers.keys()) {
      const inside = sites.filter((site) => 'layer' in site && site.layer === layer && site.kind !== 'residual');
      blocks.push(await Part.create(decoder, between[layer], between[layer + 1]!, inside));
    }
    const { unembedding, logits } = anatomy;
    const last = logitsAt(decoder.graph, unembedding.input, unembedding.product, logits, LAST);
    const { graph, live } = graphFrom(decoder, between.at(-1), [last.logits], last.graph);
    const stage = Stage.of(decoder, await decoder.session(graph, { prepack: false }), live);
    return new Walk(decoder, entry, blocks, { stage, logits: last.logits });
  }

  /** The rows in front of the first block. @param changes at the sites 'tokens' (added) and 'embedding' (put in place) */
  start(ids: readonly number[], rows: number, changes: readonly Change[] = []): Promise<Step> {
    return this.entry.run({ layer: -1, ids, rows, live: {} }, changes);
  }

  /** Token embeddings of ids that need not be a text: ids × width. */
  async embed(ids: readonly number[]): Promise<Float32Array> {
    return (await this.start(ids, 1)).read({ kind: 'tokens' });
  }

  /** Through one more block. @param changes inside the block, or to the hidden state behind it */
  next(state: State, changes: readonly Change[] = []): Promise<Step> {
    return this.blocks[state.layer]!.run(state, changes);
  }

  /** Through all blocks that are left, and the logits behind the last token: rows × vocabulary. */
  async finish(state: State, changes: readonly Change[] = []): Promise<Float32Array> {
    let at = state;
    while (at.layer < this.blocks.length) at = (await this.next(at, changes)).state;
    return this.logits(at);
  }

  /**
   * The model's own final norm and head on a state behind any block: logits behind each row's last token, or behind all tokens; [places,
   * vocabulary].
   */
  async logits(state: State, where: 'last' | 'all' = 'last'): Promise<Float32Array> {
    const rows = rowsOf(state);
    const tokens = where === 'last' ? [state.ids.length - 1] : state.ids.map((_, token) => token);
    const places = Array.from({ length: state.rows }, (_, row) => tokens.map((token) => ({ row, token }))).flat();
    const flat = isFlat(this.decoder, this.decoder.anatomy.unembedding.input);
    const indices = indicesFor(flat, rows.length, places);
    const [hidden] = Object.values(state.live);
    const last = this.decoder.anatomy.layers.at(-1)!.residual;
    // Hidden states of one model may have their batch and length apart in one place and as one in another.
    const width = this.decoder.anatomy.hiddenSize;
    const dims = isFlat(this.decoder, last) ? [state.rows * state.ids.length, width] : [state.rows, state.ids.length, width];
    const feeds = {
      [last]: hidden!.reshape(dims),
      [LAST]: new ort.Tensor('int64', BigInt64Array.from(indices.data, BigInt), indices.dims),
    };
    return floats(await this.head.stage.run(rows, feeds), this.head.logits);
  }

  async release(): Promise<void> {
    await Promise.all([this.entry, ...this.blocks].map((part) => part.stage.release()));
    await this.head.stage.release();
  }
}

/** A state with other rows: `from` says which of the old ones each new one is. */
export function pickRows(state: State, from: readonly number[]): State {
  const live = Object.entries(state.live).map(([name, tensor]) => {
    const data = tensor.data as Float32Array;
    const size = data.length / state.rows;
    const picked = new Float32Array(size * from.length);
    from.forEach((row, at) => picked.set(data.subarray(row * size, (row + 1) * size), at * size));
    const [first, ...rest] = tensor.dims as [number, ...number[]];
    return [name, new ort.Tensor('float32', picked, [(first / state.rows) * from.length, ...rest])] as const;
  });
  return { ...state, rows: from.length, live: Object.fromEntries(live) };
}

/** The hidden states of all rows: rows × tokens × width. */
export function hiddenOf(state: State): Float32Array {
  return Object.values(state.live)[0]!.data as Float32Array;
}

/** The hidden state of one row at one token. */
export function hiddenAt(state: State, row: number, token: number): Float32Array {
  const data = hiddenOf(state);
  const width = data.length / state.rows / state.ids.length;
  const at = (row * state.ids.length + token) * width;
  return data.subarray(at, at + width);
}

/** The same rows with some hidden states replaced; the old state stays as it was. */
export function withHidden(state: State, changes: readonly { row: number; token: number; vector: Float32Array }[]): State {
  const copy = pickRows(
    state,
    Array.from({ length: state.rows }, (_, row) => row),
  );
  for (const { row, token, vector } of changes) hiddenAt(copy, row, token).set(vector);
  return copy;
}

function rowsOf({ ids, rows }: State): Rows {
  return rightPad(Array.from({ length: rows }, () => ids));
}

/** A value inside a part that can be read under a name, and how it lies; undefined where it can only be read as it is. */
interface Open {
  readonly name: string;
  readonly read: string;
  readonly layout: Layout | undefined;
}

/** One block, or what lies before the first. */
class Part {
  readonly stage: Stage;
  private readonly decoder: Decoder;
  private readonly to: string;
  private readonly open: readonly Open[];

  private constructor(decoder: Decoder, stage: Stage, to: string, open: readonly Open[]) {
    this.decoder = decoder;
    this.stage = stage;
    this.to = to;
    this.open = open;
  }

  static async create(decoder: Decoder, from: string | undefined, to: string, sites: readonly Site[]): Promise<Part> {
    let graph = decoder.graph;
    const open: Open[] = [];
    for (const site of sites) {
      const name = siteValue(decoder.anatomy, site);
      if (open.some((one) => one.name === name)) continue;
      if (site.kind === 'pattern') {
        open.push({ name, read: name, layout: undefined });
        continue;
      }
      const layout = layoutOf(decoder, name);
      const how = site.kind === 'tokens' ? 'add' : 'replace';
      const made = inject(graph, name, { positions: PLACES(name), vectors: VECTORS(name) }, how, 1 + layout.rest.length);
      graph = made.graph;
      open.push({ name, read: made.after, layout });
    }
    const outputs = [...new Set([to, ...open.map(({ read }) => read)])];
    const derived = graphFrom(decoder, from, outputs, graph);
    const session: Session = await decoder.session(derived.graph, { prepack: false });
    return new Part(decoder, Stage.of(decoder, session, derived.live), to, open);
  }

  async run(state: State, changes: readonly Change[]): Promise<Step> {
    const { anatomy } = this.decoder;
    const rows = rowsOf(state);
    const extra: Record<string, ort.Tensor> = { ...state.live };
    for (const { name, layout } of this.open) {
      if (!layout || !this.stage.takes(PLACES(name))) continue;
      const here = changes.filter((change) => siteValue(anatomy, change.site) === name);
      const { data, dims } = placesIn(layout, rows.length, here);
      const vectors = new Float32Array(here.length * layout.width);
      here.forEach(({ vector }, at) => vectors.set(vector, at * layout.width));
      extra[PLACES(name)] = new ort.Tensor('int64', BigInt64Array.from(data, BigInt), dims);
      extra[VECTORS(name)] = new ort.Tensor('float32', vectors, [dims[0], ...layout.rest]);
    }
    const result = await this.stage.run(rows, extra);
    const behind = changes.filter(({ site }) => site.kind === 'residual' && siteValue(anatomy, site) === this.to);
    const made: State = { ...state, layer: state.layer + 1, live: { [this.to]: result[this.to]! } };
    return {
      state: behind.length > 0 ? withHidden(made, behind) : made,
      read: (site) => {
        const name = siteValue(anatomy, site);
        const known = this.open.find((one) => one.name === name);
        const values = floats(result, name === this.to ? name : (known?.read ?? name));
        return known?.layout ? byToken(known.layout, values, state.ids.length) : values;
      },
    };
  }
}
