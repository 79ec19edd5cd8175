/** Opens the source of a data set: dropped files, the archives among them, or a sample set on this site. */

import type { FileSource, NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { fetchWhole, Interrupted } from '../hub/stall';
import type { Unpacked, UnpackOptions } from './archive-limits';
import { hasArchiveName } from './archives';
import { withoutClutter } from './paths';
import { canUnpack, unpack } from './unpack';

type Options = Omit<UnpackOptions, 'name'>;

/**
 * The files of a set, without system files and hidden files.
 * @throws UserError for an archive that cannot be opened or a sample set that cannot be fetched
 * @throws AmbiguousData if the encoding of a zip's file names cannot be determined
 */
export async function openSource(source: FileSource, options: Options): Promise<Unpacked> {
  if (source.kind === 'sample') {
    const { name, url } = source;
    return unpack(await fetchSample(name, url, options.signal), { ...options, name });
  }
  const opened: Unpacked[] = [];
  const meant = withoutClutter(source.files, ({ path }) => path, { areChosen: true });
  for (const named of meant) {
    if (await isToOpen(named, meant.length === 1)) {
      opened.push(await unpack(named.file, { ...options, name: named.path }));
    } else opened.push({ files: [named], leftOut: [], notices: [] });
  }
  return {
    files: opened.flatMap(({ files }) => files),
    leftOut: opened.flatMap(({ leftOut }) => leftOut),
    notices: opened.flatMap(({ notices }) => notices),
  };
}

async function fetchSample(name: string, url: string, signal: AbortSignal | undefined): Promise<Blob> {
  const failure = (why: string) =>
    new UserError(`The sample set “${name}” could not be fetched (${why}). Reload the page and try again.`);
  try {
    return await fetchWhole(url, { signal });
  } catch (error) {
    throw error instanceof Interrupted ? failure(error.message) : error;
  }
}

/** Many file formats are zips (docx, for example). Among other files, only those with the name of an archive are opened. */
async function isToOpen({ path, file }: NamedFile, isAlone: boolean): Promise<boolean> {
  return (isAlone || hasArchiveName(path)) && (await canUnpack(file));
}
