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
