/** How a kind of value is written for people and read from what they type. What cannot be read becomes something that no schema takes. */
interface Value<T> {
  /** What stands for the value in a command's help. */
  readonly placeholder: string;
  read(text: string): unknown;
  write(value: T): string;
  /** The same in full, as a field shows what was typed. */
  inField(value: T): string;
}

const plain = {
  read: (text: string) => (text === '' ? NaN : Number(text.replace(',', '.'))),
  write: (x: number) => String(Number(x.toPrecision(6))),
  inField: String,
};

/** Kinds of value that a setting can have. */
export const VALUES = {
  number: { placeholder: 'X', ...plain },
  integer: { placeholder: 'N', ...plain },
  layers: { placeholder: '3,4,5', read: readLayers, write: (layers: readonly number[]) => layers.join(', '), inField: ranges },
  choice: { placeholder: '', read: (text: string) => text, write: String, inField: String },
  yesNo: { placeholder: '', read: (text: string) => ({ true: true, false: false })[text], write: String, inField: String },
  texts: {
    placeholder: '5×10,10×10',
    read: (text: string) => text.split(',').map((part) => part.split(/[×x]/).map((one) => plain.read(one.trim()))),
    write: pairsText,
    inField: pairsText,
  },
} satisfies Record<string, Value<never>>;

export type ValueKind = keyof typeof VALUES;

function pairsText(pairs: readonly (readonly [number, number])[]): string {
  return pairs.map(([length, number]) => `${length}×${number}`).join(', ');
}

/** Layers as a list and ranges, such as "3-5, 8"; what is given twice counts once. */
function readLayers(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(/[,;\s]+/).filter((one) => one !== '')) {
    const range = /^(\d{1,4})(?:[-–](\d{1,4}))?$/.exec(part);
    if (!range) return undefined;
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (last < first) return undefined;
    for (let layer = first; layer <= last; layer++) found.add(layer);
  }
  return [...found].sort((a, b) => a - b);
}

/** The same as it is typed: runs as ranges, "1-3, 5". */
function ranges(layers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < layers.length;) {
    let end = at;
    while (layers[end + 1] === layers[end]! + 1) end++;
    parts.push(end > at ? `${layers[at]}-${layers[end]}` : String(layers[at]));
    at = end + 1;
  }
  return parts.join(', ');
}
