import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import type { Concept } from './labels.ts';
import { readPicture } from './pictures.ts';

/** Labels of one picture. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  /** Of each category maps of concepts by index + 1, 0 where there is none; several where labels overlap. */
  readonly maps: readonly (readonly Uint16Array[])[];
}

/** A picture of the data set. */
export interface Entry {
  readonly image: string;
  readonly height: number;
  readonly width: number;
  /** Of each category what index.csv has: files of maps, or numbers of labels that the whole picture carries. */
  readonly cells: readonly string[];
}

const Whole = v.pipe(v.string(), v.trim(), v.regex(/^\d{1,9}$/, 'is no whole number'), v.transform(Number));
const IndexRow = v.looseObject({ image: v.pipe(v.string(), v.nonEmpty()), sh: Whole, sw: Whole });
const CategoryRow = v.looseObject({ name: v.pipe(v.string(), v.nonEmpty()) });
const LabelRow = v.looseObject({ number: Whole, name: v.pipe(v.string(), v.nonEmpty()) });

/**
 * A folder as NetDissect and Broden have it: index.csv, category.csv, c_<category>.csv, and images/ with the pictures and their label
 * maps (PNG, label number = red + 256 · green).
 */
export class DataSet {
  readonly folder: string;
  readonly categories: readonly string[];
  /** By category, in the order of category.csv and c_<category>.csv. */
  readonly concepts: readonly Concept[];
  readonly categoryOf: Int32Array;
  readonly entries: readonly Entry[];
  /** Of each category: label number → index of the concept. */
  readonly #numbers: readonly ReadonlyMap<number, number>[];

  /** @throws EmendError 'not-found' for a missing file, 'bad-file' naming file and row */
  constructor(folder: string) {
    this.folder = folder;
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new EmendError('not-found', `There is no folder ${folder}.`, 'Give the folder that holds index.csv.');
    this.categories = rowsOf(folder, 'category.csv', CategoryRow).map(({ name }) => name);
    const concepts: Concept[] = [];
    this.#numbers = this.categories.map((category) => {
      const numbers = new Map<number, number>();
      for (const { number, name } of rowsOf(folder, `c_${category}.csv`, LabelRow)) {
        numbers.set(number, concepts.length);
        concepts.push({ category, name });
      }
      return numbers;
    });
    this.concepts = concepts;
    this.categoryOf = Int32Array.from(concepts, ({ category }) => this.categories.indexOf(category));
    this.entries = rowsOf(folder, 'index.csv', IndexRow).map((row, at) => ({
      image: row.image,
      height: row.sh,
      width: row.sw,
      cells: this.categories.map((category) => {
        const cell = row[category];
        if (typeof cell === 'string') return cell.trim();
        throw new EmendError(
          'bad-file',
          `${join(folder, 'index.csv')}: row ${at + 2} has no column ${JSON.stringify(category)}, which category.csv names.`,
          'Take both files from the same data set.',
        );
      }),
    }));
    if (this.entries.length === 0 || concepts.length === 0)
      throw new EmendError('bad-file', `${folder} has ${this.entries.length} pictures and ${concepts.length} labels.`, 'Give a data set.');
  }

  /** Where a picture's file lies. */
  file(at: number): string {
    return join(this.folder, 'images', this.entries[at]!.image);
  }

  /** @throws EmendError 'bad-file' for a map of another size, or a label that the category does not have */
  labels(at: number): LabelMap {
    const { cells, width, height } = this.entries[at]!;
    const maps = cells.map((cell, category) =>
      cell
        .split(';')
        .filter((part) => part !== '')
        .map((part) => (/^\d+$/.test(part) ? this.#everywhere(Number(part), category, at) : this.#map(part, category, at))),
    );
    return { width, height, maps };
  }

  #everywhere(number: number, category: number, at: number): Uint16Array {
    const { width, height } = this.entries[at]!;
    return new Uint16Array(width * height).fill(this.#index(number, category, 'index.csv') + 1);
  }

  #map(name: string, category: number, at: number): Uint16Array {
    const { width, height } = this.entries[at]!;
    const file = join(this.folder, 'images', name);
    const picture = readPicture(file);
    if (picture.width !== width || picture.height !== height)
      throw new EmendError(
        'bad-file',
        `${file} is ${picture.width} × ${picture.height}; index.csv says ${width} × ${height}.`,
        'Correct sw and sh, or the map.',
      );
    const map = new Uint16Array(width * height);
    for (let pixel = 0; pixel < map.length; pixel++) {
      const number = picture.data[pixel * 4]! + 256 * picture.data[pixel * 4 + 1]!;
      if (number !== 0) map[pixel] = this.#index(number, category, file) + 1;
    }
    return map;
  }

  #index(number: number, category: number, where: string): number {
    const index = this.#numbers[category]!.get(number);
    if (index !== undefined) return index;
    throw new EmendError(
      'bad-file',
      `${where} has label ${number}, which c_${this.categories[category]}.csv does not have.`,
      'Take all files from the same data set.',
    );
  }
}

function rowsOf<S extends v.GenericSchema>(folder: string, name: string, schema: S): v.InferOutput<S>[] {
  const file = join(folder, name);
  if (!existsSync(file))
    throw new EmendError(
      'not-found',
      `${folder} holds no ${name}.`,
      'Give a folder as NetDissect reads it: index.csv, category.csv, c_<category>.csv and images/.',
    );
  const { data } = Papa.parse<unknown>(readFileSync(file, 'utf8').replace(/^\ufeff/, ''), { header: true, skipEmptyLines: 'greedy' });
  return data.map((row, at) => {
    const found = v.safeParse(schema, row, { abortEarly: true });
    if (found.success) return found.output;
    const [issue] = found.issues;
    throw new EmendError('bad-file', `${file}: row ${at + 2}: ${v.getDotPath(issue) ?? ''}: ${issue.message}.`, 'Correct the row.');
  });
}
