/**
 * The names of a zip's entries. An entry states by a flag that its name is UTF-8, or repeats the name in UTF-8 in an Info-ZIP
 * extra field (APPNOTE 4.6.9). Otherwise the encoding is detected from all such names of the zip together.
 */
import type { FileEntry } from '@zip.js/zip.js';
import type { NameEncoding } from '../core/dataset';
import { list } from './layout';
import { decodedName, encodingLabel, rankedEncodings } from './name-encoding';
import { segmentsOf } from './paths';
import { AmbiguousData } from './question';

export interface NamedEntry {
  entry: FileEntry;
  name: string;
}

/** The best score must be this many times the second best; otherwise the person is asked. */
const CERTAIN_RATIO = 2;
const MOST_OPTIONS = 4;
const SLASH = 0x2f;

/**
 * @param encoding that the person chose; undefined to detect it
 * @returns the entries in their order, and notices about the encoding
 * @throws AmbiguousData if it cannot be determined
 */
export async function namedEntries(
  entries: readonly FileEntry[],
  zipName: string,
  encoding: NameEncoding | undefined,
): Promise<{ named: NamedEntry[]; notices: string[] }> {
  const unstated = new Set(entries.filter((entry) => !isStated(entry)));
  const asStated = ({ filename }: FileEntry) => filename;
  if (unstated.size === 0)
    return { named: entries.map((entry) => ({ entry, name: asStated(entry) })), notices: [] };
  const names = segmentsWithBytes([...unstated]);
  const isUtf8 = names.every((name) => decodedName(name, 'utf-8') !== null);
  const assumed = encoding ?? (isUtf8 ? 'utf-8' : await mostLikely(names, zipName));
  const nameOf = ({ rawFilename, filename }: FileEntry) =>
    decodedName(rawFilename, assumed ?? 'ibm437') ?? filename;
  const named = entries.map((entry) => ({
    entry,
    name: unstated.has(entry) ? nameOf(entry) : asStated(entry),
  }));
  if (assumed === 'utf-8') return { named, notices: [] };
  const examples = list(exampleNames(names, assumed ?? 'ibm437'), 3);
  return {
    named,
    notices: [
      assumed
        ? `“${zipName}” does not say how its file names are encoded. They were read as ${encodingLabel(assumed)}: ${examples}.`
        : `The encoding of file names in “${zipName}” could not be determined; names such as ${examples} may be wrong. To correct them, pack the folder again with names in UTF-8.`,
    ],
  };
}

/** Whether an entry's name is ASCII, or is declared as UTF-8 and valid. */
function isStated({ rawFilename, bitFlag, extraFieldUnicodePath }: FileEntry): boolean {
  if (rawFilename.every((byte) => byte < 128) || extraFieldUnicodePath?.valid === true) return true;
  return bitFlag?.languageEncodingFlag === true && decodedName(rawFilename, 'utf-8') !== null;
}

/** Null if no encoding gives readable names. */
async function mostLikely(names: readonly Uint8Array[], zipName: string): Promise<NameEncoding | null> {
  const [best, second, ...others] = await rankedEncodings(names);
  if (!best) return null;
  if (!second || best.score >= CERTAIN_RATIO * second.score) return best.encoding;
  const sentence = `“${zipName}” does not say how its file names are encoded, and more than one encoding is possible. Which names are right?`;
  throw new AmbiguousData({
    sentence,
    tree: '',
    options: [best, second, ...others].slice(0, MOST_OPTIONS).map(({ encoding: nameEncoding }) => ({
      reading: { nameEncoding },
      label: `${list(exampleNames(names, nameEncoding), 4)}: ${encodingLabel(nameEncoding)}`,
      classes: [],
      parts: null,
      leftOut: 0,
    })),
  });
}

function exampleNames(names: readonly Uint8Array[], encoding: NameEncoding): string[] {
  return names.slice(0, 4).map((name) => segmentsOf(decodedName(name, encoding) ?? '�').join('/'));
}

/**
 * The distinct parts of the entries' paths that have a byte above 127, folders first. Paths are divided at `/` only: the byte of
 * `\` may be the second byte of a character.
 */
function segmentsWithBytes(entries: readonly FileEntry[]): Uint8Array[] {
  const found = new Map<string, { bytes: Uint8Array; isFolder: boolean }>();
  for (const { rawFilename } of entries) {
    let start = 0;
    for (let end = 0; end <= rawFilename.length; end++) {
      if (end < rawFilename.length && rawFilename[end] !== SLASH) continue;
      const bytes = rawFilename.subarray(start, end);
      start = end + 1;
      if (bytes.every((byte) => byte < 128)) continue;
      const key = bytes.join();
      if (!found.has(key)) found.set(key, { bytes, isFolder: end < rawFilename.length });
    }
  }
  return [...found.values()]
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder))
    .map(({ bytes }) => bytes);
}
