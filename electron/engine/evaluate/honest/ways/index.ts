import type { Way } from '../../../../../shared/honest/probe.ts';
import { begin } from './begin.ts';
import { choose } from './choose.ts';
import { talk } from './talk.ts';
import type { WayToAsk } from './way.ts';
import { write } from './write.ts';

/** How each way of asking is done. */
export const WAYS_TO_ASK: { readonly [W in Way]: WayToAsk } = { write, begin, choose, talk };
