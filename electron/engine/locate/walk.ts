import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { floats, type Session } from '../runtime/session.ts';
import { byToken, type Layout, layoutOf, placesIn } from '../decoder/layout.ts';
import { type Site, siteValue } from '../decoder/sites.ts';
import { graphFrom, indicesFor, isFlat, liveAt, Stage } from '../decoder/stage.ts';
import { inject, logitsAt } from '../runtime/surgery.ts';
import { producers } from '../onnx/graph.ts';
import type { PastSlot } from '../runtime/inputs.ts';
import { type Kept, rowsOf, type State, withHidden } from './state.ts';

/** A site's value at one token of one row, put in place of what the run has there, or added to it. */
export interface Change {
  readonly site: Site;
  readonly row: number;
  readonly token: number;
  readonly vector: Float32Array;
}

/** A state and what was read on the way to it: site → values, [rows, tokens, width]. */
export interface Step {
  readonly state: State;
  read(site: Site): Float32Array;
  /** What the block kept of its tokens, for runs that begin behind them; nothing where the model was exported without a cache. */
  readonly kept: Kept;
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
    const slots = slotsByBlock(decoder, between);
    for (const layer of anatomy.layers.keys()) {
      const inside = sites.filter((site) => 'layer' in site && site.layer === layer && site.kind !== 'residual');
      blocks.push(await Part.create(decoder, between[layer], between[layer + 1]!, inside, slots[layer]));
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

  /** As {@link next}, where nothing is to be read on the way. */
  async through(state: State, changes: readonly Change[] = []): Promise<State> {
    return (await this.blocks[state.layer]!.run(state, changes, 'state only')).state;
  }

  /** Through all blocks that are left, and the logits behind the last token: rows × vocabulary. */
  async finish(state: State, changes: readonly Change[] = []): Promise<Float32Array> {
    let at = state;
    while (at.layer < this.blocks.length) at = await this.through(at, changes);
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

/**
 * The cache slots that each block fills, told by what they are computed from: the hidden state that enters the block. None at all where the
 * model was exported without a cache, or a slot hangs on anything else.
 */
function slotsByBlock(decoder: Decoder, between: readonly string[]): PastSlot[][] {
  const made = producers(decoder.graph);
  const blocks: PastSlot[][] = between.slice(1).map(() => []);
  for (const slot of decoder.inputs.past) {
    const entries = new Set<number>();
    const seen = new Set([slot.present]);
    const queue = [slot.present];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const at = between.indexOf(name);
      if (at >= 0) entries.add(at);
      const inputs = at >= 0 ? [] : (made.get(name)?.inputs ?? []).filter((input) => decoder.flow.position.has(input) && !seen.has(input));
      for (const input of inputs) {
        seen.add(input);
        queue.push(input);
      }
    }
    const [block] = entries;
    if (entries.size !== 1 || !blocks[block!]) return between.slice(1).map(() => []);
    blocks[block!]!.push(slot);
  }
  return blocks;
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
  private readonly slots: readonly PastSlot[];

  private constructor(decoder: Decoder, stage: Stage, to: string, open: readonly Open[], slots: readonly PastSlot[]) {
    this.decoder = decoder;
    this.stage = stage;
    this.to = to;
    this.open = open;
    this.slots = slots;
  }

  static async create(
    decoder: Decoder,
    from: string | undefined,
    to: string,
    sites: readonly Site[],
    slots: readonly PastSlot[] = [],
  ): Promise<Part> {
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
    const outputs = [...new Set([to, ...open.map(({ read }) => read), ...slots.map(({ present }) => present)])];
    const derived = graphFrom(decoder, from, outputs, graph);
    const session: Session = await decoder.session(derived.graph, { prepack: false });
    return new Part(decoder, Stage.of(decoder, session, derived.live), to, open, slots);
  }

  /** @param wanted 'state only' reads nothing on the way */
  async run(state: State, changes: readonly Change[], wanted: 'all' | 'state only' = 'all'): Promise<Step> {
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
    const result = await this.stage.run(rows, extra, state.settled?.kept, wanted === 'all' ? undefined : [this.to]);
    const after = changes.filter(({ site }) => site.kind === 'residual' && siteValue(anatomy, site) === this.to);
    const made: State = { ...state, layer: state.layer + 1, live: { [this.to]: result[this.to]! } };
    return {
      state: after.length > 0 ? withHidden(made, after) : made,
      kept: new Map(this.slots.flatMap(({ input, present }) => (result[present] ? [[input, result[present]] as const] : []))),
      read: (site) => {
        const name = siteValue(anatomy, site);
        const known = this.open.find((one) => one.name === name);
        const values = floats(result, name === this.to ? name : (known?.read ?? name));
        return known?.layout ? byToken(known.layout, values, state.ids.length) : values;
      },
    };
  }
}
