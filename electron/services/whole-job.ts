import type { CheckPhase } from '../engine/records.ts';
import type { TimedProgress } from '../../shared/progress.ts';
import type { JobControl } from './job-list.ts';

/** A phase that the engine reports, what people are told it is, and how much of the whole it usually is, in hundredths. */
interface Phase {
  readonly words: string;
  readonly weight: number;
}
/** The phases of one stage in the order in which they come. */
type Stage = Readonly<Record<string, Phase>>;
export type Plan = Readonly<Record<string, Stage>>;

/** Every phase of a check. Those that come again, such as both versions' answers, hold the bar where it is. */
const check = (words: string, weight: number) =>
  ({
    targets: { words, weight: 0.35 * weight },
    baseline: { words, weight: 0.25 * weight },
    answers: { words, weight: 0.1 * weight },
    generations: { words, weight: 0.15 * weight },
    drift: { words, weight: 0.15 * weight },
  }) satisfies Record<CheckPhase, Phase>;

/** How an edit goes from its start to its draft. */
export const EDIT_PLAN = {
  edit: {
    rebuilding: { words: 'preparing the model', weight: 2 },
    contexts: { words: 'preparing the model', weight: 2 },
    'writing covariance text': { words: 'reading ordinary text', weight: 22 },
    covariance: { words: 'reading ordinary text', weight: 10 },
    curvature: { words: 'reading ordinary text', weight: 4 },
    'choosing layers': { words: 'finding what to write', weight: 6 },
    'reading facts': { words: 'finding what to write', weight: 1 },
    targets: { words: 'finding what to write', weight: 24 },
    training: { words: 'writing the change', weight: 12 },
    layer: { words: 'writing the change', weight: 4 },
    writing: { words: 'writing the change', weight: 4 },
    facts: { words: 'writing the change', weight: 0 },
  },
  before: check('measuring the model as it is', 8),
  honest: { honest: { words: 'measuring it with the edit', weight: 0 } },
  after: check('measuring it with the edit', 17),
} as const satisfies Plan;

/** The same where facts are asked as people ask, too. */
export const HONEST_EDIT_PLAN = { ...EDIT_PLAN, honest: { honest: { words: 'measuring it with the edit', weight: 15 } } } satisfies Plan;

/** How a check by itself goes. */
export const CHECK_PLAN = {
  check: { rebuilding: { words: 'preparing the model', weight: 10 }, honest: { words: 'measuring', weight: 0 }, ...check('measuring', 90) },
} as const satisfies Plan;

/** The same where facts are asked as people ask, too. */
export const HONEST_CHECK_PLAN = { check: { ...CHECK_PLAN.check, honest: { words: 'measuring', weight: 120 } } } satisfies Plan;

/** How a check in llama.cpp goes: Emend's own answers are asked again, to stand beside. */
export const GGUF_PLAN = {
  prepare: { rebuilding: { words: 'preparing the model', weight: 5 } },
  gguf: check('asking llama.cpp', 65),
  before: check('measuring the model as imported', 10),
  after: check('measuring it with the edit', 20),
} as const satisfies Plan;

/** What one fact of several goes through by itself, where facts are written one after the other. */
const EACH_FACT = /^fact (\d+) of (\d+): (.*)$/;
/** The engine counts layers by their numbers. */
const LAYER = /^layer \d+$/;
/** Before so much of the job and so many seconds the time left is not told. */
const SETTLED = { share: 0.02, seconds: 2 };

interface Place {
  readonly from: number;
  readonly to: number;
  readonly words: string;
}

/**
 * One bar for a whole job: the engine's phases by their weights, in plain words, never running backwards; the time left from how fast it
 * went so far, without what was skipped.
 */
export class WholeJob<P extends Plan> {
  readonly #control: JobControl;
  readonly #places = new Map<string, Place>();
  readonly #steps: readonly string[];
  readonly #now: () => number;
  readonly #began: number;
  #share = 0;
  /** What was worked off, jumps over phases that did not come left out. */
  #earned = 0;
  #last: Place | undefined;

  /** @param now a clock in ms */
  constructor(control: JobControl, plan: P, now: () => number = () => performance.now()) {
    this.#control = control;
    this.#now = now;
    this.#began = now();
    const phases = Object.entries(plan).flatMap(([stage, of]) =>
      Object.entries(of).map(([phase, one]) => ({ key: `${stage} ${phase}`, ...one })),
    );
    const total = phases.reduce((sum, { weight }) => sum + weight, 0);
    let from = 0;
    for (const { key, words, weight } of phases) {
      const to = from + weight / total;
      this.#places.set(key, { from, to, words });
      from = to;
    }
    this.#steps = [...new Set(phases.map(({ words }) => words))];
  }

  /** The control of one stage: what is done with it is told as part of the whole. */
  at(stage: keyof P & string): JobControl {
    return { ...this.#control, onProgress: (progress) => this.#tell(stage, progress) };
  }

  #tell(stage: string, { phase, done, total }: TimedProgress): void {
    const place = this.#placeOf(stage, phase);
    if (!place) return; // what has no place moves nothing; a test sees to it that every phase has one
    const within = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
    const share = Math.max(this.#share, place.from + within * (place.to - place.from));
    if (place === this.#last) this.#earned += share - this.#share;
    else this.#earned += share - Math.max(this.#share, Math.min(share, place.from));
    [this.#share, this.#last] = [share, place];
    const seconds = (this.#now() - this.#began) / 1000;
    const isSettled = this.#earned >= SETTLED.share && seconds >= SETTLED.seconds && share < 1;
    this.#control.onProgress({
      phase: `${this.#steps.indexOf(place.words) + 1} of ${this.#steps.length}: ${place.words}`,
      done: share,
      total: 1,
      unit: 'share',
      secondsLeft: isSettled ? ((1 - share) * seconds) / this.#earned : undefined,
    });
  }

  #placeOf(stage: string, phase: string): Place | undefined {
    const each = EACH_FACT.exec(phase);
    if (each) return this.#placeOfFact(stage, Number(each[1]), Number(each[2]), each[3]!);
    return this.#places.get(`${stage} ${LAYER.test(phase) ? 'layer' : phase}`);
  }

  /** Facts one after the other share what the phases of one fact take up. */
  #placeOfFact(stage: string, fact: number, facts: number, phase: string): Place | undefined {
    const inner = this.#placeOf(stage, phase);
    const [first, last] = [this.#places.get(`${stage} reading facts`), this.#places.get(`${stage} writing`)];
    if (!inner || !first || !last) return undefined;
    const width = last.to - first.from;
    const at = (place: number) => first.from + (width * (fact - 1 + (place - first.from) / width)) / facts;
    return this.#once({ from: at(inner.from), to: at(inner.to), words: inner.words });
  }

  /** The same object for the same place, which is what tells whether a phase goes on. */
  #once(place: Place): Place {
    const same = this.#last;
    return same && same.from === place.from && same.to === place.to ? same : place;
  }
}

/** The control of one of several jobs that are done one after the other: its share becomes its part of the whole. */
export function oneOfSeveral(control: JobControl, at: number, of: number): JobControl {
  let share = 0;
  return {
    ...control,
    onProgress: (progress) => {
      if (progress.unit === 'share') share = progress.done;
      control.onProgress({ ...progress, done: (at + share) / of, total: 1, unit: 'share', secondsLeft: undefined });
    },
  };
}
