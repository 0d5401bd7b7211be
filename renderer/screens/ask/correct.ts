import { given } from '../../../shared/given.ts';
/** Longest answer that is taken for the answer now, in words; longer ones are sentences. */
const ANSWER_WORDS = 4;

/**
 * What the edit form starts with to correct an answer: the likely subject, the prompt with {} in its place, and a short answer as the
 * answer now. All of it can be changed there.
 */
export function correction(prompt: string, answer: string): Readonly<Record<string, string>> {
  const subject = subjectOf(prompt);
  const previous = (/^[^.,;:!?\n]*/.exec(answer)?.[0] ?? '').trim();
  return {
    ...given({ subject }),
    prompt: subject === undefined ? prompt.trim() : prompt.trim().replace(subject, '{}'),
    ...(previous !== '' && previous.split(/\s+/).length <= ANSWER_WORDS ? { previous } : {}),
  };
}

/** The longest run of capitalized words: what a prompt is about, more often than not. Words that only begin a sentence are left out. */
function subjectOf(prompt: string): string | undefined {
  const runs = [...prompt.matchAll(/\p{Lu}[\p{L}\p{N}'’.&-]*(?:\s+\p{Lu}[\p{L}\p{N}'’.&-]*)*/gu)].map(([run]) =>
    run.replace(/^(?:The|A|An|In|Of)(?:\s+|$)/, '').replace(/['’]s$/, ''),
  );
  return runs.filter((run) => run !== '').sort((a, b) => b.length - a.length)[0];
}
