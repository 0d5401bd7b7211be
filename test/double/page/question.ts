import { ANSWER, QUESTION, type Question } from './messages.ts';

const world = globalThis as unknown as Record<string, unknown>;

/** Asks the main process and stands still until it answers. @returns JSON */
export function ask(question: Question): string {
  world[QUESTION] = question;
  // The double hears of the pause, looks at the question, puts the answer in its place and lets the page go on.
  debugger;
  const answer = world[ANSWER];
  world[QUESTION] = undefined;
  if (typeof answer !== 'string') throw new Error(`The Electron double did not answer a question about ${question.about}.`);
  return answer;
}
