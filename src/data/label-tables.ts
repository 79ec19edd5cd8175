/**
 * Finds tables (CSV, JSON, text) that list the images, probably with their labels. They are recognised by their content. Classes
 * are never taken from a table; if the folders give no classes, the error names the table.
 */
import { concurrently } from '../concurrently';
import type { NamedFile } from '../core/dataset';
import type { PlacedFile } from './classes';
import { list } from './layout';
import { segmentsOf } from './paths';

export interface LabelTable {
  path: string;
  /** The labels by image path, if the table has a column of labels. */
  labels: ReadonlyMap<string, string>;
}

/** Enough rows to recognise a table. */
const BYTES_READ = 256 * 1024;
const MOST_TABLES = 50;
const TABLES_AT_ONCE = 4;

/** Headers of columns that name a file. A number counts as a file name only in such a column. */
const NAME_COLUMNS =
  /^(?:id|image|img|file|picture|photo|path|name)(?:[ _-]?(?:id|name|path|file|index))?s?$/i;
/** Headers of columns that name a class. */
const LABEL_COLUMNS =
  /^(?:labels?|class(?:es)?|class[ _-]?(?:name|id|label)|categor(?:y|ies)|target|breed|species|diagnosis|dx|y)$/i;

/** The files that list at least a fifth of the images, or 20 of them. */
export async function labelTables(
  candidates: readonly NamedFile[],
  images: readonly NamedFile[],
): Promise<LabelTable[]> {
  const tables = candidates
    .filter(({ path }) => /\.(csv|tsv|txt|jsonl?|ndjson)$/i.test(path))
    .sort((a, b) => segmentsOf(a.path).length - segmentsOf(b.path).length)
    .slice(0, MOST_TABLES);
  if (tables.length === 0) return [];
  const known = new ImageNames(images);
  const found = await concurrently(tables, TABLES_AT_ONCE, (table) => readTable(table, known), {});
  return found.filter((table) => table !== null);
}

/** A sentence about the tables. */
export function tableWords(tables: readonly LabelTable[]): string {
  const names = tables.map(({ path }) => path);
  return `${list(names, 3)} ${names.length === 1 ? 'looks like a table' : 'look like tables'} of their labels, but classes are taken from folder names only.`;
}

/** A sentence about a class folder in which a table gives different labels; null if there is none. */
export function contradiction(tables: readonly LabelTable[], files: readonly PlacedFile[]): string | null {
  for (const { path, labels } of tables) {
    const first = new Map<string, string>();
    for (const { source, className } of files) {
      const label = labels.get(source.path);
      if (label === undefined) continue;
      const before = first.get(className) ?? label;
      if (before !== label)
        return `“${path}” gives images in the folder “${className}” the labels “${before}” and “${label}”, so the folders may not be the classes.`;
      first.set(className, label);
    }
  }
  return null;
}

/** Finds images by the names that a table may use: the end of the path, with or without the file ending. */
class ImageNames {
  readonly count: number;
  readonly #byName = new Map<string, string[]>();
  readonly #byStem = new Map<string, string[]>();

  constructor(images: readonly NamedFile[]) {
    this.count = images.length;
    for (const { path } of images) {
      const name = baseName(path);
      this.#add(this.#byName, name, path);
      this.#add(this.#byStem, stemOf(name), path);
    }
  }

  /** The images with this name. A number counts as a name only if `isName`. */
  called(text: string, isName: boolean): readonly string[] {
    const name = baseName(text.trim());
    const all =
      this.#byName.get(name) ?? (isName || !/^[\d.]*$/.test(name) ? this.#byStem.get(name) : undefined);
    if (!all || all.length === 1) return all ?? [];
    const ending = segmentsOf(text.trim().replaceAll('\\', '/')).join('/');
    const same = all.filter((path) => path.endsWith(`/${ending}`));
    return same.length > 0 ? same : all;
  }

  #add(map: Map<string, string[]>, key: string, path: string): void {
    const present = map.get(key);
    if (present) present.push(path);
    else map.set(key, [path]);
  }
}

const baseName = (path: string) => path.split(/[/\\]/).at(-1) ?? '';
const stemOf = (name: string) => name.replace(/\.[^.]+$/, '');

async function readTable({ path, file }: NamedFile, known: ImageNames): Promise<LabelTable | null> {
  const text = await file
    .slice(0, BYTES_READ)
    .text()
    .catch(() => '');
  const named = new Set<string>();
  const labels = new Map<string, string>();
  if (/\.(csv|tsv)$/i.test(path)) {
    const rows = rowsOf(text.replace(/^\ufeff/, ''));
    const [header = []] = rows;
    const labelColumn = header.findIndex((name) => LABEL_COLUMNS.test(name.trim()));
    for (const row of rows) {
      const column = row.findIndex(
        (cell, i) => known.called(cell, NAME_COLUMNS.test(header[i]?.trim() ?? '')).length > 0,
      );
      if (column < 0) continue;
      for (const image of known.called(row[column] ?? '', true)) {
        named.add(image);
        const label = row[labelColumn];
        if (labelColumn !== column && label !== undefined) labels.set(image, label);
      }
    }
  } else {
    const words = /\.txt$/i.test(path)
      ? text.split(/[\s,;]+/)
      : [...text.matchAll(/"((?:[^"\\]|\\.){1,300})"/g)].map(([, word]) => word ?? '');
    for (const word of words) for (const image of known.called(word, false)) named.add(image);
  }
  const needed = Math.max(2, Math.min(20, known.count / 5));
  return named.size >= Math.min(needed, known.count) ? { path, labels } : null;
}

/** The cells of comma-, semicolon- or tab-separated text (RFC 4180), including an incomplete last row. */
function rowsOf(text: string): string[][] {
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const separator = [',', ';', '\t'].reduce((best, each) =>
    line.split(each).length > line.split(best).length ? each : best,
  );
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== '') rows.push(row);
    row = [];
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n' || letter === '\r') endRow();
    else cell += letter;
  }
  endRow();
  return rows;
}
