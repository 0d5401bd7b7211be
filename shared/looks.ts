import { countSlots } from './fact.ts';
import type { ModelScreenId } from './screens.ts';

/** What people know of a way to look into a model. */
interface LookInfo {
  readonly label: string;
  /** The screen that shows what it finds. */
  readonly screen: ModelScreenId;
}

/** Every way to look into a model whose findings can be recorded. What each finds is in shared/contract/findings.ts. */
export const LOOKS = {
  trace: { label: 'Causal trace', screen: 'locate' },
  lens: { label: 'Lens', screen: 'locate' },
  attribution: { label: 'Parts of the answer', screen: 'locate' },
  attention: { label: 'Attention', screen: 'locate' },
  change: { label: 'What changed', screen: 'locate' },
  factTraces: { label: 'Traces of facts', screen: 'locate' },
  layers: { label: 'Layers to edit', screen: 'locate' },
  near: { label: 'May move with it', screen: 'locate' },
  patch: { label: 'Patching', screen: 'locate' },
  ablation: { label: 'Ablation', screen: 'locate' },
  dissection: { label: 'Dissection', screen: 'dissect' },
} as const satisfies Readonly<Record<string, LookInfo>>;

export type LookName = keyof typeof LOOKS;

export function lookNames(): LookName[] {
  return Object.keys(LOOKS) as LookName[];
}

/** What was looked at, in words: "Causal trace: The capital of France is". @param settings as an entry has them */
export function lookedAt(look: LookName, settings: Readonly<Record<string, unknown>>): string {
  const { label } = LOOKS[look];
  const { prompt, subject, source, clean, counterfactual } = settings;
  if (typeof source === 'string') return `${label}: ${source}`;
  if (typeof clean === 'string' && typeof counterfactual === 'string') return `${label}: ${clean} / ${counterfactual}`;
  if (typeof prompt !== 'string') return label;
  const text = typeof subject === 'string' && countSlots(prompt) === 1 ? prompt.replace('{}', () => subject) : prompt;
  return `${label}: ${text}`;
}
