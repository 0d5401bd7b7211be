import { readFacts } from '../../electron/engine/evaluate/fact-file.ts';
import type { FactReader } from '../../electron/services/facts.ts';

/** Reads facts as the engine does, in this process. */
export const factReader: FactReader = { run: (_, source) => readFacts(source) };
