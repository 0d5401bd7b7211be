/** What a check of all facts that a version's edits wrote is called in the record. */
export const FACTS_IN_FORCE = 'facts in force';
