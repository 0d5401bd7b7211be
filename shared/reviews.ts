import { foldedName } from './folded-name.ts';

interface Review {
  readonly author: string;
  readonly verdict: 'approve' | 'reject';
}

/** How a version stands with those who reviewed it. */
export const REVIEW_STATES = ['approved', 'rejected', 'none'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

/** The last word of each reviewer; given and told oldest first. People are told apart by their names as {@link foldedName} has them. */
export function standing<R extends Review>(reviews: readonly R[]): R[] {
  const last = new Map(reviews.map((review) => [foldedName(review.author), review]));
  return reviews.filter((review) => last.get(foldedName(review.author)) === review);
}

/** The rejections that nobody took back. */
export function rejectionsOf<R extends Review>(reviews: readonly R[]): R[] {
  return standing(reviews).filter(({ verdict }) => verdict === 'reject');
}

/** One rejection outweighs every approval. */
export function reviewState(reviews: readonly Review[]): ReviewState {
  if (reviews.length === 0) return 'none';
  return rejectionsOf(reviews).length > 0 ? 'rejected' : 'approved';
}

/** A person's signature in words: "key 0123456789ab of Grace", "key 0123456789ab, which no policy names". */
export function sealWords({ key, owner, fits }: { readonly key: string; readonly owner?: string; readonly fits: boolean }): string {
  const whose = owner === undefined ? ', which the policy of this record does not name' : ` of ${owner}`;
  return `key ${key.slice(0, 12)}${whose}${fits ? '' : '; the signature is not of these words'}`;
}
