/** What can be done with a fitted steering, in the order of the tabs. */
export const STEER_VIEWS = ['map', 'generate', 'check', 'sweep', 'read', 'plan'] as const;
export type SteerView = (typeof STEER_VIEWS)[number];
