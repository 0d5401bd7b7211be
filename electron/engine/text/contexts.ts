import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';

/** Words that MEMIT's context texts begin with, one text each (memit/memit_main.py). */
export const MEMIT_CONTEXT_STARTS: readonly string[] = ['The', 'Therefore', 'Because', 'I', 'You'];

/**
 * Context templates: the bare prompt, then one per generated text, as `text + ". {}"` (rome/rome_main.py, memit/memit_main.py).
 * Texts are cleaned first, and one that is empty then is dropped. A text that was generated twice counts twice, as published.
 */
export function contextTemplates(generated: readonly string[]): string[] {
  const texts = generated.map(cleanContext).filter((text) => text.trim() !== '');
  return ['{}', ...texts.map((text) => `${text}. {}`)];
}

/**
 * A generated text made fit to stand before a prompt: braces become spaces, so that only the prompt has a slot
 * (memit/memit_main.py); characters are NFKD-normalised and double line ends become a space (util/generate.py).
 */
export function cleanContext(text: string): string {
  return text.normalize('NFKD').replaceAll('\n\n', ' ').replaceAll(/[{}]/g, ' ');
}

/**
 * What stands before the prompt in a context template: '' for the bare one.
 * @throws EmendError 'bad-input' unless the template ends with its one {}
 */
export function contextPrefix(template: string): string {
  const { text, end } = fillPrompt(template, '');
  if (end === text.length) return text;
  throw new EmendError(
    'bad-input',
    `The context template ${JSON.stringify(template)} goes on after {}.`,
    'End it with {}, which stands for the whole prompt.',
  );
}
