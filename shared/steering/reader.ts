import * as v from 'valibot';

const finite = v.pipe(v.number('expected a number'), v.finite('expected a number'));

/** A direction that texts are read by: a token's score is (h − shift)·direction, and above the threshold it counts as of the first kind. */
export const ReaderSchema = v.strictObject({
  /** The hidden state that is read: 0 the embeddings, j the output of block j − 1, the last one behind the final norm. */
  hidden: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Name of the tensor, float32 [1, 1, width]; of length 1, its sign chosen. */
  vector: v.pipe(v.string(), v.nonEmpty()),
  /** (shift·direction), what is taken off. */
  shift: finite,
  threshold: finite,
  /** Of groups that nothing was chosen by: share of texts told rightly by the threshold, and of pairs by the order. */
  heldOut: v.exactOptional(v.strictObject({ texts: finite, pairs: v.exactOptional(finite), groups: v.pipe(v.number(), v.safeInteger()) })),
});
export type Reader = v.InferOutput<typeof ReaderSchema>;
