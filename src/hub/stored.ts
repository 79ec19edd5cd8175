/** The backbones kept on this machine: listed, opened, deleted. */
import { UserError } from '../user-error';
import { hasStorage, ifFree, Place, placeIds, type StoredFile, type StoredPrecision } from './place';

export type { StoredPrecision };

export interface StoredBackbone {
  id: string;
  label: string;
  fileName: string;
  /** On the disk now. */
  bytes: number;
  /** Of the whole file as it is kept; null for a partial one whose size nobody stated. */
  total: number | null;
  /** `partial`: a download that broke off and can go on. */
  kind: 'whole' | 'partial';
  /** Milliseconds since 1970: when it became whole, or when the download began. */
  savedAt: number;
  precision: StoredPrecision;
  /** SHA-256 of the file as published, hex; null for a partial one of which nobody stated it. */
  sha256: string | null;
  /** Its hash is what the hub or the table states; false where neither says anything. */
  verified: boolean;
}

/** All that is kept, by id. What cannot be made sense of is deleted, unless somebody is at it. */
export async function storedBackbones(): Promise<StoredBackbone[]> {
  if (!(await hasStorage())) return [];
  const found: StoredBackbone[] = [];
  for (const id of await placeIds()) {
    const place = await Place.find(id);
    const record = await place?.record();
    if (place && record) {
      const { label, fileName, kind, savedAt, sha256, bytes: total } = record;
      const { precision, verified } =
        record.kind === 'whole' ? record : { precision: 'original' as const, verified: false };
      const bytes = await place.size();
      found.push({ id, label, fileName, kind, savedAt, sha256, bytes, total, precision, verified });
    } else {
      await ifFree(id, async () => {
        const senseless = await Place.find(id);
        if (senseless && !(await senseless.record())) await senseless.remove();
      });
    }
  }
  return found;
}

/** Null where there is none that is whole. */
export async function openStored(id: string): Promise<StoredFile | null> {
  if (!(await hasStorage())) return null;
  return (await (await Place.find(id))?.whole()) ?? null;
}

/**
 * Deletes a stored backbone, whole or partial; nothing happens where there is none.
 * @throws UserError while it is being downloaded or written, here or in another tab
 */
export async function deleteStored(id: string): Promise<void> {
  if (!(await hasStorage())) return;
  if (await ifFree(id, async () => (await Place.find(id))?.remove())) return;
  throw new UserError(
    'This backbone is being downloaded or written, here or in another tab. Cancel that first, then delete the backbone.',
  );
}
