import { beginsWithAnswer } from '../match.ts';
import type { WayToAsk } from './way.ts';
import { write } from './write.ts';

export const begin: WayToAsk = { ask: write.ask, isGiven: ({ says }, wanted) => beginsWithAnswer(says, wanted) };
