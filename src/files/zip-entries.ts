/** Lists a zip's entries. The stated sizes can be wrong, so they are checked again when unpacking. */
import type { Entry, FileEntry, ZipReader } from '@zip.js/zip.js';
import { UserError } from '../core/user-error';

export const MAX_ENTRIES = 100_000;

/**
 * The files in a zip, folders left out.
 * @throws UserError if the table of contents is damaged or longer than `MAX_ENTRIES`
 */
export async function listEntries(reader: ZipReader<unknown>, name: string): Promise<FileEntry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) break;
    }
  } catch {
    throw new UserError(
      `“${name}” is damaged or cut off: its table of contents cannot be read. Download or create it again.`,
    );
  }
  if (entries.length > MAX_ENTRIES) {
    throw new UserError(
      `“${name}” has more than ${MAX_ENTRIES.toLocaleString('en')} entries, the most this page unpacks. Drop a smaller set.`,
    );
  }
  return entries.filter((entry): entry is FileEntry => !entry.directory);
}
