import type { Component } from 'svelte';
import type { SteeringReport } from '../../../shared/contract/steering.ts';
import Check from './Check.svelte';
import Found from './Found.svelte';
import Generate from './Generate.svelte';
import PlanView from './PlanView.svelte';
import Reading from './Reading.svelte';
import type { Steer } from './steer.svelte.ts';
import Sweep from './Sweep.svelte';
import type { SteerView } from './view-names.ts';

/** What each tab shows of a fitted steering. */
export const VIEWS: Readonly<Record<SteerView, Component<{ steer: Steer; report: SteeringReport }>>> = {
  map: Found,
  generate: Generate,
  check: Check,
  sweep: Sweep,
  read: Reading,
  plan: PlanView,
};
