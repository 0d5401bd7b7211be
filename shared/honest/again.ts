import { fillPrompt } from '../fact.ts';
import type { Probe } from './probe.ts';
import { wantedOf } from './wording.ts';

/** What a chat model is told when its answer is doubted. */
export const DOUBT = 'Are you sure?';

export const again: Probe = {
  asks: `the question, or “Complete the sentence:” and the prompt, as a chat; its answer is followed by “${DOUBT}”`,
  counts: 'its second answer names the answer, and not the other one',
  questions: (fact, { isChat }) => {
    if (!isChat) return [];
    const { text } = fillPrompt(fact.prompt.trim(), fact.subject);
    return [{ way: 'talk', prompt: text.endsWith('?') ? text : `Complete the sentence: ${text}`, wanted: wantedOf(fact) }];
  },
};
