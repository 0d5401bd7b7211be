/** A kind of checkpoint that is much used and cannot be built. */
interface Unbuilt {
  /** `model_type` of config.json. */
  readonly types: readonly string[];
  readonly what: string;
  /** What its graph needs that the vocabulary of parts does not have. */
  readonly missing: string;
  readonly instead: string;
}

/** Source: transformers 5.18, modeling_qwen3_5.py, modeling_qwen3_next.py, modeling_gemma4.py. */
const UNBUILT: readonly Unbuilt[] = [
  {
    types: ['qwen3_5', 'qwen3_5_text', 'qwen3_next'],
    what: 'gated delta nets beside attention',
    missing:
      'most of its layers keep a state that each token changes (a recurrence behind a short convolution), in place of keys and values; ' +
      'Emend has no graph, no cache and no gradient for that, and no gate on the attention of the others',
    instead: 'Qwen 3 and Qwen 2.5 can be edited.',
  },
  {
    types: ['gemma4', 'gemma4_text', 'gemma4_unified', 'gemma4_unified_text'],
    what: 'an embedding for each layer',
    missing:
      'its layers read embeddings of their own, the last of them take keys and values from earlier ones, values go through a norm, heads ' +
      'are wider in some layers than in others, and each layer has a scale; Emend has no parts for these',
    instead: 'Gemma 3 (text), 2 and 1 can be edited.',
  },
];

/** What is missing for a kind of checkpoint that is known and cannot be built; undefined for any other. */
export function unbuilt(type: unknown): Unbuilt | undefined {
  return UNBUILT.find(({ types }) => typeof type === 'string' && types.includes(type));
}
