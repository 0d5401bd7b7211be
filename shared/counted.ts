/** A count with its word: "1 edit", "3 edits". */
export function counted(n: number, word: string, several = `${word}s`): string {
  return `${n} ${n === 1 ? word : several}`;
}
