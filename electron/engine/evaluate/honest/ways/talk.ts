import { DOUBT } from '../../../../../shared/honest/again.ts';
import { namesAnswer } from '../match.ts';
import { behind, type WayToAsk } from './way.ts';

export const talk: WayToAsk = {
  async ask(asker, put) {
    const asked = put.map(behind);
    const first = await asker.talk(asked.map((one) => [one]));
    const second = await asker.talk(asked.map((one, at) => [one, first[at]!.says, DOUBT]));
    return second.map((one, at) => ({ ...one, first: first[at]!.says }));
  },
  isGiven: ({ says }, wanted, unwanted) => namesAnswer(says, wanted) && !namesAnswer(says, unwanted),
};
