import { EmendError } from '../../../shared/errors.ts';
import { readSource } from '../architectures/source.ts';
import { findAnatomy, refuseFusedExperts } from '../anatomy/anatomy.ts';
import { refuseWithoutGradient } from '../anatomy/differentiable.ts';
import { refuseFixed } from '../anatomy/in-file.ts';
import { probe } from '../runtime/probe.ts';
import { type Flow, followFlow } from '../anatomy/flow.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { Graph, Model, Shapes, Tensor } from '../onnx/graph.ts';
import { readModelConfig } from '../onnx/model-config.ts';
import { analysisCopy } from '../onnx/passes/analysisCopy.ts';
import { everyRow } from '../onnx/passes/everyRow.ts';
import { answerAlike } from '../runtime/behaviour.ts';
import { type Inputs, findInputs } from '../runtime/inputs.ts';
import { Session, type SessionOptions } from '../runtime/session.ts';

/** A way of getting scores of the next token that is not the model's own. */
export interface DecodingRule {
  /** What is taken for tokens that a text has, where nobody says. */
  readonly repetitionPenalty: number;
  /**
   * Puts scores in place of logits [n, V] that were gathered at `rows`.
   * @param what 'next': to choose the next token by; 'answers': of given answers, taken as log-probabilities; 'text': log-probabilities
   */
  apply(graph: Graph, at: { readonly logits: string; readonly rows: string }, what: Scoring): Scores;
}
export type Scoring = 'next' | 'answers' | 'text';

/** Values of a graph: the scores [n, V], and for each row the layer that they were contrasted with, where there is one: int64 [n]. */
export interface Scores {
  readonly graph: Graph;
  readonly scores: string;
  readonly exit?: string | undefined;
}

/** What steering makes of a decoder. */
export interface Steered {
  readonly graph: Graph;
  readonly inputs: Inputs;
  readonly shapes: Shapes;
  readonly flow: Flow;
  readonly decoding: DecodingRule | undefined;
  /** Tells one steering from another. */
  readonly steering: string;
}

/** A decoder ready to be asked, tapped and differentiated: its uniform graph and what was found in it. */
export class Decoder {
  /** The imported file, never changed. */
  readonly source: Model;
  /** The analysis copy: few ops, float32, no branches. Its constants lie in the imported files. */
  readonly model: Model;
  readonly inputs: Inputs;
  readonly shapes: Shapes;
  readonly anatomy: Anatomy;
  /** Order of the activations; where the graph can be cut. */
  readonly flow: Flow;
  readonly threads: number;
  /** Of a steered decoder, how it decodes, and a hash of the steering. */
  readonly decoding: DecodingRule | undefined;
  readonly steering: string | undefined;
  private readonly replaced: ReadonlyMap<string, Tensor>;

  private constructor(parts: {
    source: Model;
    model: Model;
    inputs: Inputs;
    shapes: Shapes;
    anatomy: Anatomy;
    flow: Flow;
    threads: number;
    replaced: ReadonlyMap<string, Tensor>;
    decoding?: DecodingRule | undefined;
    steering?: string | undefined;
  }) {
    this.source = parts.source;
    this.model = parts.model;
    this.inputs = parts.inputs;
    this.shapes = parts.shapes;
    this.anatomy = parts.anatomy;
    this.flow = parts.flow;
    this.threads = parts.threads;
    this.decoding = parts.decoding;
    this.steering = parts.steering;
    this.replaced = parts.replaced;
  }

  /**
   * Reads and examines a model by the file that says what its graph is (`graphFile`). Runs it a few times on a handful of tokens. Of a file
   * with two branches the one that goes on from a cache runs, unless it was traced for single tokens and is no decoder on longer texts.
   * Of one that answers for the last token alone, what picks that token is left out of the runs.
   */
  static async open(file: string, options: { threads?: number } = {}): Promise<Decoder> {
    const source = readSource(file);
    const withPast = analysisCopy(source);
    try {
      return await Decoder.examined(source, withPast, options);
    } catch (error) {
      if (!(error instanceof EmendError) || error.details['because'] === undefined) throw error;
      if (error.details['because'] === 'one row') return Decoder.ofEveryRow(source, withPast, options, error);
      const forPrompts = analysisCopy(source, 'prompt');
      if (forPrompts.graph.inputs.length === withPast.graph.inputs.length) throw error;
      const remark =
        'the branch that goes on from a cache answers longer texts otherwise than the branch that begins, so that the latter is used ' +
        'throughout, without a cache';
      return Decoder.examined({ ...source, remarks: [...(source.remarks ?? []), remark] }, forPrompts, options);
    }
  }

  /**
   * @param copy of the source, which answers for the last token alone
   * @param error to throw where no graph that answers for all is found
   */
  private static async ofEveryRow(source: Model, copy: Model, options: { threads?: number }, error: EmendError): Promise<Decoder> {
    const inputs = findInputs(copy.graph);
    const whole = everyRow(copy.graph, inputs.logits);
    if (!whole || !(await isSameDecoder(copy, whole.graph, inputs))) throw error;
    const remark =
      `the graph answers for the last token of a text alone; Emend lets the others through where its ${whole.picks.op} picks that one, ` +
      'and leaves the file as it is: what is exported answers for the last token alone, too';
    return Decoder.examined({ ...source, remarks: [...(source.remarks ?? []), remark] }, { ...copy, graph: whole.graph }, options);
  }

  /** @param copy of the source, to be run */
  private static async examined(source: Model, copy: Model, options: { threads?: number }): Promise<Decoder> {
    refuseFusedExperts(copy.graph);
    const inputs = findInputs(copy.graph);
    const { shapes, graph } = await probe(copy, copy.graph, inputs);
    const model: Model = { ...copy, graph };
    const found = findAnatomy(model.graph, shapes, inputs, readModelConfig(source.folder));
    const editable = refuseWithoutGradient(refuseFixed(found, source), model.graph, shapes);
    const anatomy = { ...editable, warnings: [...(source.remarks ?? []), ...found.warnings] };
    const flow = followFlow(model.graph, inputs.ids.name, inputs.logits, shapes)!;
    return new Decoder({ source, model, inputs, shapes, anatomy, flow, threads: options.threads ?? 0, replaced: new Map() });
  }

  /** The same decoder with some constants replaced (a version); shares everything else. */
  withConstants(changes: ReadonlyMap<string, Tensor>): Decoder {
    const replaced = new Map([...this.replaced, ...changes]);
    const graph: Graph = { ...this.model.graph, constants: new Map([...this.model.graph.constants, ...replaced]) };
    return new Decoder({ ...this, model: { ...this.model, graph }, replaced });
  }

  /** The same decoder with its runs steered; shares everything else. */
  steered({ graph, ...changed }: Steered): Decoder {
    return new Decoder({ ...this, ...changed, model: { ...this.model, graph }, replaced: this.replaced });
  }

  /** The graph to derive from; callers copy before changing. */
  get graph(): Graph {
    return this.model.graph;
  }

  /** Constants that differ from the imported file. */
  get changes(): ReadonlyMap<string, Tensor> {
    return this.replaced;
  }

  /** A session for a graph derived from this decoder's. */
  session(graph: Graph, options: SessionOptions = {}): Promise<Session> {
    return Session.create(this.model, graph, { threads: this.threads, ...options });
  }
}

/** Whether a graph answers for the last token as the model's own does; one that does not run does not. */
async function isSameDecoder(own: Model, graph: Graph, inputs: Inputs): Promise<boolean> {
  const open = (one: Graph) => Session.create(own, one, { optimize: 'disabled', prepack: false });
  const sessions: Session[] = [];
  try {
    for (const one of [graph, own.graph]) sessions.push(await open(one));
    return await answerAlike([sessions[0]!, sessions[1]!], inputs);
  } catch (error) {
    if (error instanceof EmendError) return false;
    throw error;
  } finally {
    for (const session of sessions) await session.release();
  }
}
