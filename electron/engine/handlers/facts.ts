import { readFacts } from '../evaluate/fact-file.ts';
import type { Jobs } from '../jobs.ts';

/** Facts of a file or a text; opens no model. */
export function facts(source: Jobs['facts']['params']): Promise<Jobs['facts']['result']> {
  return readFacts(source);
}
