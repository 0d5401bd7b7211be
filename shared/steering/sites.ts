/** Where a run can be steered. What each is in a graph is in electron/engine/steer/sites.ts. */
export const STEERING_SITES = {
  entering: { label: 'Block input', help: 'The hidden state in front of a block (hook_resid_pre).' },
  residual: { label: 'Block output', help: 'The hidden state behind a block.' },
  middle: { label: 'Between attention and MLP', help: 'The hidden state with the attention added.' },
  attention: { label: 'Attention output', help: 'Output of the attention, behind its projection.' },
  mlp: { label: 'MLP output', help: 'Output of the feed-forward part.' },
  heads: { label: 'Heads', help: 'What the heads give, before the projection puts them together.' },
  key: { label: 'MLP neurons', help: 'Input of the down-projection.' },
} as const satisfies Readonly<Record<string, { readonly label: string; readonly help: string }>>;

export type SteeringSite = keyof typeof STEERING_SITES;
export const SITE_NAMES = Object.keys(STEERING_SITES) as [SteeringSite, ...SteeringSite[]];
