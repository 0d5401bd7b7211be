/** What causal tracing puts back: one hidden state, or the outputs of a window of MLPs or attentions. */
export const TRACE_KINDS = ['hidden', 'mlp', 'attention'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

interface TraceKindInfo {
  readonly label: string;
  /** What was put back, of which layers together. */
  title(window: number): string;
}

const layers = (window: number) => (window === 1 ? 'one layer' : `${window} layers`);

/** Each kind as people read it. */
export const traceKinds = {
  hidden: { label: 'Hidden states', title: () => 'One hidden state restored, behind each layer' },
  mlp: { label: 'MLP', title: (window) => `MLP outputs of ${layers(window)} around each restored` },
  attention: { label: 'Attention', title: (window) => `Attention outputs of ${layers(window)} around each restored` },
} as const satisfies Record<TraceKind, TraceKindInfo>;

/**
 * What patching and ablation put in place: at one token, or, of a head, its part of the input of attention's projection at all tokens.
 */
export const PATCH_KINDS = ['hidden', 'middle', 'mlp', 'attention', 'query', 'key', 'value', 'head'] as const;
export type PatchKind = (typeof PATCH_KINDS)[number];

/** Each kind as people read it. */
export const patchKinds = {
  hidden: { label: 'Hidden states', title: 'Hidden state behind each layer' },
  middle: { label: 'Middle states', title: 'Hidden state between attention and MLP' },
  mlp: { label: 'MLP', title: 'Output of each MLP' },
  attention: { label: 'Attention', title: 'Output of each attention' },
  query: { label: 'Queries', title: 'Queries of each attention' },
  key: { label: 'Keys', title: 'Keys of each attention' },
  value: { label: 'Values', title: 'Values of each attention' },
  head: { label: 'Heads', title: 'Each head, at all tokens' },
} as const satisfies Record<PatchKind, { readonly label: string; readonly title: string }>;

/**
 * How a hidden state is put back while MLPs (or attention) are held at what they gave in the corrupted run: with the same noise in both
 * runs, as one would mean it, or with the draws of the published code, whose second pass draws anew.
 */
export const SEVERED = ['meant', 'coded'] as const;
export type Severed = (typeof SEVERED)[number];

/** Logits of two answers. */
interface Two {
  readonly logits: readonly number[];
}

/**
 * How much of the way from the counterfactual run's answer to the clean one's a patched run has gone: 0 none, 1 all of it; by the logit of
 * the clean answer − that of the counterfactual one, as usual (Wang et al. 2022). Undefined where the two runs do not differ.
 */
export function restored(patched: Two, clean: Two, counterfactual: Two): number | undefined {
  const lead = ({ logits }: Two) => logits[0]! - logits[1]!;
  const way = lead(clean) - lead(counterfactual);
  return way === 0 ? undefined : (lead(patched) - lead(counterfactual)) / way;
}

/** Whose embeddings say how large the noise is: one entry for each fact, so that a subject of several facts counts several times. */
export function subjectsSaid(count: number): string {
  return count === 1 ? 'the subject' : `the subjects of ${count.toLocaleString('en')} facts`;
}

/** The window of the authors' traces, and the depth of the model that they chose it for: 10 of GPT-2 XL's 48 layers (Meng et al. 2022). */
const PUBLISHED = { window: 10, layers: 48 };

/**
 * How many layers' outputs a trace puts back together when nobody says: the published share of the depth, since in a shallow model the
 * published number would be the whole model.
 * @param layers of the model
 */
export function defaultWindow(layers: number): number {
  return Math.max(1, Math.round((PUBLISHED.window * layers) / PUBLISHED.layers));
}

/** The groups of tokens that effects are averaged over, in the order of a prompt (the authors' notebook; Meng et al. 2022, figure 1). */
export const TOKEN_GROUPS = [
  { key: 'firstSubject', label: 'First subject token' },
  { key: 'middleSubject', label: 'Middle subject tokens' },
  { key: 'lastSubject', label: 'Last subject token' },
  { key: 'firstSubsequent', label: 'First subsequent token' },
  { key: 'further', label: 'Further tokens' },
  { key: 'last', label: 'Last token' },
] as const;
export type TokenGroup = (typeof TOKEN_GROUPS)[number]['key'];

/**
 * The tokens of each group. A subject of one token is its first and its last; the one token behind a subject is the first subsequent and
 * the last.
 * @param tokens how many the prompt has; @param subject its first token, and the one behind its last
 */
export function tokenGroups(tokens: number, [first, end]: readonly [number, number]): Readonly<Record<TokenGroup, readonly number[]>> {
  const between = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
  return {
    firstSubject: [first],
    middleSubject: between(first + 1, end - 1),
    lastSubject: [end - 1],
    firstSubsequent: end < tokens ? [end] : [],
    further: between(end + 1, tokens - 1),
    last: [tokens - 1],
  };
}
