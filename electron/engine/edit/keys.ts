import { matrix, type Matrix, row } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { rightPad, type Rows } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { liveAt, Stage } from '../decoder/stage.ts';
import { groupRows } from './chunks.ts';
import type { Report } from '../../../shared/progress.ts';
import type { KeyRows } from './types.ts';
import type * as ort from 'onnxruntime-node';

/** Tokens in one run. */
const BUDGET = 1024;

interface SubjectRow {
  readonly fact: number;
  readonly index: number;
  readonly ids: readonly number[];
  readonly settled: number;
}

/** Rows on their way through the layers, cut behind their subjects: nothing later can matter there. */
interface Group {
  readonly rows: readonly SubjectRow[];
  readonly tokens: Rows;
  /** Hidden states to go on from; undefined at the start. */
  live: Record<string, ort.Tensor> | undefined;
}

/**
 * Walks all facts' subject rows up through the layers, one edited layer after the other,
 * so that each layer's keys are those of the model as edited so far and no layer runs twice for nothing.
 */
export class KeyWalk {
  private readonly groups: Group[];
  private readonly facts: readonly KeyRows[];
  private readonly report: Report;
  /** Where the groups' hidden states were taken. */
  private from: string | undefined;

  constructor(facts: readonly KeyRows[], report: Report) {
    this.facts = facts;
    this.report = report;
    const rows = facts.flatMap((fact, i) =>
      fact.rows.map((r, index) => ({ fact: i, index, ids: r.ids.slice(0, r.subjectLast + 1), settled: 0 })),
    );
    this.groups = groupRows(rows, BUDGET, false).map((g) => ({
      rows: g.rows,
      tokens: rightPad(g.rows.map((r) => r.ids)),
      live: undefined,
    }));
  }

  /**
   * Keys at `layer`, and the value of `site` in the plain rows, on this decoder.
   * @param weightsOf what each of a fact's so many rows counts, summing to 1 (memit/compute_ks.py: ½ for the plain row, the rest shared)
   * @returns keys n × F, states n × D
   */
  async at(
    decoder: Decoder,
    layer: number,
    site: string,
    weightsOf: (rows: number) => readonly number[],
  ): Promise<{ keys: Matrix; states: Matrix }> {
    const mlp = decoder.anatomy.layers[layer]!.mlp;
    const entry = layer === 0 ? decoder.anatomy.embedding : decoder.anatomy.layers[layer - 1]!.residual;
    const moveTo = liveAt(decoder, entry);
    const keys = matrix(this.facts.length, mlp.down.inWidth);
    const states = matrix(this.facts.length, decoder.anatomy.hiddenSize);
    const weights = this.facts.map((fact) => weightsOf(fact.rows.length));
    const walk = await Stage.create(decoder, this.from, [mlp.key, ...moveTo], { prepack: false });
    const look = await Stage.create(decoder, entry, [site], { prepack: false });
    try {
      for (const [done, group] of this.groups.entries()) {
        this.report.check();
        const result = await walk.run(group.tokens, group.live);
        group.live = Object.fromEntries(moveTo.map((name) => [name, result[name]!]));
        const k = floats(result, mlp.key);
        group.rows.forEach((r, b) => {
          const at = this.lastOf(group, b) * keys.columns;
          const into = row(keys, r.fact);
          for (let f = 0; f < into.length; f++) into[f]! += weights[r.fact]![r.index]! * k[at + f]!;
        });
        if (group.rows.some((r) => r.index === 0)) {
          const plain = group.rows.map((r, b) => ({ r, b })).filter(({ r }) => r.index === 0);
          const seen = floats(await look.run(group.tokens, pick(group.live, look.live)), site);
          for (const { r, b } of plain) {
            const at = this.lastOf(group, b) * states.columns;
            row(states, r.fact).set(seen.subarray(at, at + states.columns));
          }
        }
        this.report.progress(`layer ${layer}`, done + 1, this.groups.length);
      }
    } finally {
      await walk.release();
      await look.release();
    }
    this.from = entry;
    return { keys, states };
  }

  private lastOf(group: Group, b: number): number {
    return b * group.tokens.length + group.rows[b]!.ids.length - 1;
  }
}

function pick(from: Readonly<Record<string, ort.Tensor>>, names: readonly string[]): Record<string, ort.Tensor> {
  return Object.fromEntries(names.map((name) => [name, from[name]!]));
}
