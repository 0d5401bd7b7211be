import { isAnswer } from '../match.ts';
import { behind, type WayToAsk } from './way.ts';

export const write: WayToAsk = { ask: (asker, put) => asker.write(put.map(behind)), isGiven: ({ says }, wanted) => isAnswer(says, wanted) };
