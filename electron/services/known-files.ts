import { open } from 'node:fs/promises';

/** A kind of file that people bring and that holds neither a model nor facts as Emend reads them. */
interface KnownFile {
  /** As in "This is …". */
  readonly name: string;
  /** How such files begin; of the first bytes. */
  readonly begins: (bytes: Buffer) => boolean;
  /** What to do instead. */
  readonly hint: string;
  /** Whether what it holds may be a model or facts, and can be unpacked. */
  readonly isArchive?: boolean;
}

const startsWith =
  (...bytes: number[]) =>
  (found: Buffer) =>
    found.subarray(0, bytes.length).equals(Buffer.from(bytes));
const startsWithText = (text: string) => startsWith(...Buffer.from(text, 'latin1'));
/** A zip whose first entry is called so. */
const zipOf = (entry: RegExp) => (found: Buffer) =>
  startsWithText('PK\x03\x04')(found) && entry.test(found.subarray(30, 200).toString('latin1'));

/** The first that fits counts. */
const KNOWN: readonly KnownFile[] = [
  {
    name: 'a spreadsheet of Excel or LibreOffice',
    begins: zipOf(/^(\[Content_Types\]\.xml|_rels\/|xl\/|mimetypeapplication\/vnd\.oasis)/),
    hint: 'For facts, save the sheet as CSV there and bring the CSV, or copy its cells and paste them into the form.',
  },
  {
    name: 'weights that PyTorch saved',
    begins: zipOf(/^[^/]*\/(data\.pkl|\.format_version|\.data|byteorder)/),
    hint: 'Emend reads safetensors: take the model.safetensors of the same model, with its config.json and tokenizer.',
  },
  {
    name: 'a zip archive',
    begins: (found) => startsWithText('PK\x03\x04')(found) || startsWithText('PK\x05\x06')(found), // the second: nothing is in it
    hint: 'Unpack it, and bring the folder of the model or the file of facts in it.',
    isArchive: true,
  },
  {
    name: 'a gzip archive',
    begins: startsWith(0x1f, 0x8b),
    hint: 'Unpack it, and bring the folder of the model or the file of facts in it.',
  },
  { name: 'a 7-Zip archive', begins: startsWithText('7z\xbc\xaf'), hint: 'Unpack it, and bring what is in it.' },
  {
    name: 'a model for llama.cpp (GGUF)',
    begins: startsWithText('GGUF'),
    hint: 'Its weights are mostly quantised. Bring the checkpoint that it was made of (safetensors); edits of that are exported as GGUF.',
  },
  {
    name: 'an old spreadsheet or document (.xls, .doc)',
    begins: startsWith(0xd0, 0xcf, 0x11, 0xe0),
    hint: 'For facts, save it as CSV, or copy its cells and paste them into the form.',
  },
  {
    name: 'a picture',
    begins: (found) => IMAGES.some((begins) => begins(found)),
    hint: 'Bring a model, or a file of facts: JSON, JSONL or CSV.',
  },
  { name: 'a PDF', begins: startsWithText('%PDF'), hint: 'Copy the facts from it into a table, and bring that as CSV.' },
  {
    name: 'weights that Python pickled',
    begins: startsWith(0x80),
    hint: 'Emend reads safetensors: take the model.safetensors of the same model.',
  },
];
const IMAGES = [startsWith(0x89, 0x50, 0x4e, 0x47), startsWith(0xff, 0xd8, 0xff), startsWithText('GIF8')];

/** Bytes that are looked at. */
const LOOKED_AT = 4096;

/** What a file is by how it begins, and what to do instead; undefined for text and for what nobody knows. @throws when it cannot be read */
export async function knownFile(path: string): Promise<Omit<KnownFile, 'begins'> | undefined> {
  const bytes = await beginning(path);
  return KNOWN.find(({ begins }) => begins(bytes));
}

async function beginning(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(LOOKED_AT);
    const { bytesRead } = await file.read(bytes, 0, LOOKED_AT, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
