import type { GgufReport, InBoth } from '../../../shared/contract/checks.ts';
import type { FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';

const outcome = (prompt: string, wanted: [before: number, after: number]): PromptOutcome => ({
  prompt,
  before: { wanted: wanted[0] },
  after: { wanted: wanted[1] },
  good: wanted[1] > 0.5,
});
const neighbor = (prompt: string, fate: 'kept' | 'lost', [was, now]: [string, string]): PromptOutcome => ({
  ...outcome(prompt, [0.9, 0.9]),
  fate,
  says: { before: { text: was, probability: 0.9 }, after: { text: now, probability: 0.8 } },
});

function factOf(verdict: FactReport['verdict'], neighbors: readonly PromptOutcome[], after: number): FactReport {
  const rewrite = outcome('The Colosseum is in the city of', [0.004, after]);
  const wording = outcome('You will find the Colosseum in', [0.002, after - 0.2]);
  return {
    fact: { subject: 'The Colosseum', prompt: '{} is in the city of', target: 'Paris' },
    rewrite,
    paraphrases: [wording],
    neighbors: [...neighbors],
    efficacy: 1,
    verdict,
    says: '',
  };
}

/** An edit that holds in the quantised file, at the price of a neighbour. */
export function ggufReport(): GgufReport {
  const emend = factOf('good', [neighbor('The Pantheon is in the city of', 'kept', [' Rome', ' Rome'])], 0.97);
  const gguf = factOf('harmful', [neighbor('The Pantheon is in the city of', 'lost', [' Rome', ' Paris'])], 0.93);
  const pair = (kind: InBoth['kind'], one: PromptOutcome, other: PromptOutcome, holds: InBoth['holds']): InBoth => ({
    kind,
    told: false,
    emend: one,
    gguf: other,
    holds,
  });
  return {
    file: { name: 'atlas-q4_0.gguf', architecture: 'gpt2', type: 'Q4_0' },
    runtime: 'llama.cpp b6673 (node-llama-cpp 3.22.1)',
    emend: { checks: [], facts: [emend] },
    gguf: { checks: [], facts: [gguf] },
    prompts: [
      [
        pair('edited', emend.rewrite, gguf.rewrite, 'both'),
        pair('wording', emend.paraphrases[0]!, gguf.paraphrases[0]!, 'both'),
        pair('neighbour', emend.neighbors[0]!, gguf.neighbors[0]!, 'emend'),
      ],
    ],
  };
}
