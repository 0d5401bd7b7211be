/** Names that people and data sets use for a fact's fields, without case, spaces and signs; a number behind a list's name is left out. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  id: ['id', 'caseid', 'case'],
  subject: ['subject', 'entity'],
  prompt: ['prompt', 'template', 'question', 'src'],
  target: ['target', 'targetnew', 'newtarget', 'newanswer', 'object', 'answer', 'wanted', 'targetwanted'],
  previousTarget: ['previoustarget', 'targettrue', 'groundtruth', 'oldtarget', 'oldanswer', 'previous', 'before', 'targetnow', 'answernow'],
  relation: ['relation', 'relationid', 'predicate'],
  paraphrases: ['paraphrase', 'paraphrases', 'paraphraseprompt', 'paraphraseprompts', 'rephrase', 'rephraseprompt', 'queries'],
  neighbors: [
    'neighbor',
    'neighbors',
    'neighbour',
    'neighbours',
    'neighborhoodprompt',
    'neighborhoodprompts',
    'neighborprompt',
    'localityprompt',
  ],
  sameSubject: ['samesubject', 'otherfact', 'otherfacts', 'otherfactsaboutthesubject'],
  follows: ['follows', 'mayfollow', 'whatmayfollow'],
  generationPrompts: ['generationprompt', 'generationprompts'],
};

/** Fields that hold several entries. */
export const LISTS: readonly string[] = ['paraphrases', 'neighbors', 'sameSubject', 'follows', 'generationPrompts'];
/** Those whose entries may have an answer. */
export const ANSWERED: readonly string[] = ['neighbors', 'sameSubject', 'follows'];
/** Fields of records, that no column of a table can hold. */
const OF_RECORDS: readonly string[] = ['told', 'aliases', 'previousAliases', 'implied', 'hops'];
/** Fields that a fact cannot do without. */
export const NEEDED: readonly string[] = ['subject', 'prompt', 'target'];

/** The field of a fact that a column of a table, or a key of a record, is called after. */
export function fieldOf(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Object.keys(ALIASES).find((field) => ALIASES[field]!.includes(LISTS.includes(field) ? plain.replace(/\d+$/, '') : plain));
}

/**
 * A record with its keys as a fact calls them. A key that means a field is passed over where another is called exactly so, or came before.
 * @returns the record, and the keys that mean nothing or were passed over
 */
export function withFieldNames(record: object): { fields: Record<string, unknown>; unread: string[] } {
  const fields: Record<string, unknown> = {};
  const unread: string[] = [];
  const entries = Object.entries(record);
  const exactFirst = [...entries.filter(([key]) => fieldOf(key) === key), ...entries.filter(([key]) => fieldOf(key) !== key)];
  for (const [key, value] of exactFirst) {
    const field = OF_RECORDS.includes(key) ? key : fieldOf(key);
    if (field === undefined || (field in fields && !LISTS.includes(field))) unread.push(key);
    else if (!(field in fields)) fields[field] = value;
    else fields[field] = [fields[field] ?? [], value ?? []].flat();
  }
  return { fields, unread };
}
