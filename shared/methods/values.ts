/** How a kind of value is written for people and read from what they type. What cannot be read becomes something that no schema takes. */
interface Value<T> {
  /** What stands for the value in a command's help. */
  readonly placeholder: string;
  read(text: string): unknown;
  write(value: T): string;
}

const plain = {
  read: (text: string) => (text === '' ? NaN : Number(text.replace(',', '.'))),
  write: (x: number) => String(Number(x.toPrecision(6))),
};

/** Kinds of value that a setting can have. */
export const VALUES = {
  number: { placeholder: 'X', ...plain },
  integer: { placeholder: 'N', ...plain },
  layers: { placeholder: '3,4,5', read: readLayers, write: (layers: readonly number[]) => layers.join(', ') },
  choice: { placeholder: '', read: (text: string) => text, write: (chosen: string) => chosen },
  yesNo: { placeholder: '', read: (text: string) => ({ true: true, false: false })[text], write: (is: boolean) => String(is) },
  texts: {
    placeholder: '5×10,10×10',
    read: (text: string) => text.split(',').map((part) => part.split(/[×x]/).map((one) => plain.read(one.trim()))),
    write: (pairs: readonly (readonly [number, number])[]) => pairs.map(([length, number]) => `${length}×${number}`).join(', '),
  },
} satisfies Record<string, Value<never>>;

export type ValueKind = keyof typeof VALUES;

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
