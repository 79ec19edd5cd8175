/** Where a data set's files come from: what was dropped, the zips among it, or a sample set on this site. */
import { fetchWhole, Interrupted } from '../hub/stall';
import { UserError } from '../user-error';
import type { DataSource, NamedFile } from '../worker/protocol';
import { headOf, isZip } from './formats';
import { type Unpacked, type UnpackOptions, unpack } from './unpack';

type Options = Pick<UnpackOptions, 'onProgress' | 'signal'>;

/** @throws UserError for a zip that cannot be opened or a sample set that cannot be fetched */
export async function openSource(source: DataSource, options: Options): Promise<Unpacked> {
  if (source.kind === 'sample') {
    const { name, url } = source;
    return unpack(await fetchSample(name, url, options.signal), { ...options, name });
  }
  const opened: Unpacked[] = [];
  for (const named of source.files) {
    if (await isZipToOpen(named, source.files.length === 1)) {
      opened.push(await unpack(named.file, { ...options, name: named.path }));
    } else opened.push({ files: [named], leftOut: [] });
  }
  return { files: opened.flatMap(({ files }) => files), leftOut: opened.flatMap(({ leftOut }) => leftOut) };
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

/** Many kinds of file are zips inside (docx, for one): among others only a `.zip` is meant to be opened. */
async function isZipToOpen({ path, file }: NamedFile, isAlone: boolean): Promise<boolean> {
  if (!isAlone && !/\.zip$/i.test(path)) return false;
  const head = await headOf(file);
  return head !== null && isZip(head);
}
