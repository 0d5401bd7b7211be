import type { Component } from 'svelte';
import AblationForm from './AblationForm.svelte';
import AblationView from './AblationView.svelte';
import AttentionForm from './AttentionForm.svelte';
import AttentionView from './AttentionView.svelte';
import Change from './Change.svelte';
import ChangeForm from './ChangeForm.svelte';
import FactTraces from './FactTraces.svelte';
import FactTracesForm from './FactTracesForm.svelte';
import type { Inside, View } from './inside.svelte.ts';
import LayersView from './LayersView.svelte';
import Lens from './Lens.svelte';
import LensSettings from './LensSettings.svelte';
import NearView from './NearView.svelte';
import Parts from './Parts.svelte';
import Patching from './Patching.svelte';
import PatchingForm from './PatchingForm.svelte';
import ThoughtForm from './ThoughtForm.svelte';
import Trace from './Trace.svelte';
import TraceSettings from './TraceSettings.svelte';

type Part = Component<{ inside: Inside }>;

/** What the screen shows for a way to look. */
interface ViewParts {
  /** Fields of the form above that it takes. */
  readonly asks: readonly ('prompt' | 'subject' | 'answers')[];
  /** Further fields, always in sight. */
  readonly Form?: Part;
  /** Further fields, behind a button. */
  readonly Settings?: Part;
  /** What was found. */
  readonly Figures: Part;
}

/** Every view, in the order of the tabs. */
export const VIEWS: Readonly<Record<View, ViewParts>> = {
  trace: { asks: ['prompt', 'subject', 'answers'], Settings: TraceSettings, Figures: Trace },
  factTraces: { asks: [], Form: FactTracesForm, Settings: TraceSettings, Figures: FactTraces },
  lens: { asks: ['prompt', 'subject', 'answers'], Settings: LensSettings, Figures: Lens },
  attribution: { asks: ['prompt', 'subject', 'answers'], Figures: Parts },
  attention: { asks: ['prompt', 'subject'], Form: AttentionForm, Figures: AttentionView },
  change: { asks: ['prompt', 'subject'], Form: ChangeForm, Figures: Change },
  layers: { asks: ['prompt', 'subject'], Form: ThoughtForm, Settings: TraceSettings, Figures: LayersView },
  near: { asks: ['prompt', 'subject'], Form: ThoughtForm, Figures: NearView },
  patch: { asks: ['prompt', 'subject'], Form: PatchingForm, Figures: Patching },
  ablation: { asks: ['prompt', 'subject', 'answers'], Form: AblationForm, Figures: AblationView },
};
