/** Where a data set's files come from: what was dropped, the zips among it, or a sample set on this site. */
import { UserError } from '../user-error';
import type { DataSource, NamedFile } from '../worker/protocol';
import { headOf, isZip } from './formats';
import { segmentsOf } from './paths';
import { type Unpacked, type UnpackOptions, unpack } from './unpack';

type Options = Pick<UnpackOptions, 'onProgress' | 'signal'>;

/** @throws UserError for a zip that cannot be opened or a sample set that cannot be fetched */
export async function openSource(source: DataSource, options: Options): Promise<Unpacked> {
  if (source.kind === 'sample') {
    const { name, url } = source;
    return unpack(await fetchSample(name, url, options.signal), { ...options, name });
  }
  const opened: Unpacked = { files: [], leftOut: [] };
  for (const named of source.files) {
    const zip = await zipName(named, source.files.length === 1);
    if (zip === null) opened.files.push(named);
    else {
      const inside = await unpack(named.file, { ...options, name: zip });
      opened.files.push(...inside.files);
      opened.leftOut.push(...inside.leftOut);
    }
  }
  return opened;
}

async function fetchSample(name: string, url: string, signal: AbortSignal | undefined): Promise<Blob> {
  const failure = (why: string) =>
    new UserError(`The sample set “${name}” could not be fetched (${why}). Reload the page and try again.`);
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw failure(`HTTP ${response.status}`);
    return await response.blob();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof UserError ? error : failure('no answer');
  }
}

/** The file's own name if it is a zip to be opened, else null. Many files are zips inside (docx); one dropped alone is meant. */
async function zipName({ path, file }: NamedFile, alone: boolean): Promise<string | null> {
  if (!alone && !/\.zip$/i.test(path)) return null;
  const head = await headOf(file);
  return head && isZip(head) ? (segmentsOf(path).at(-1) ?? path) : null;
}
