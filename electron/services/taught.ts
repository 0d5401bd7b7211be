import { fillPrompt } from '../../shared/fact.ts';
import { readTaught } from './suggest.ts';

/** A fact that a model is known to hold. */
export interface KnownFact {
  readonly prompt: string;
  readonly subject: string;
  readonly target: string;
}

/** The facts beside a model, each in its relation's first wording. @throws EmendError 'bad-file' when the file is of another form */
export async function taughtFacts(file: string): Promise<KnownFact[]> {
  const { relations, facts } = await readTaught(file);
  return facts.flatMap(({ subject, relation, object }) => {
    const prompt = relations[relation]?.templates[0];
    return prompt === undefined ? [] : [{ prompt, subject, target: object }];
  });
}

/** What the facts beside a model are asked by. @throws as {@link taughtFacts} */
export async function taughtPrompts(file: string): Promise<string[]> {
  return (await taughtFacts(file)).map(({ prompt, subject }) => fillPrompt(prompt, subject).text);
}
