/** Lists, opens and deletes the backbones stored in this browser. */
import type { StoredBackbone } from '../core/backbone';
import { UserError } from '../core/user-error';
import { hasStorage, ifFree, Place, placeIds, type StoredFile } from './place';

/** All stored backbones, by id, without those that cannot be read. */
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
    }
  }
  return found;
}

/**
 * Ids and sizes of stored backbones that cannot be read: their record is damaged or of a newer version. They stay until the person deletes
 * them or downloads them again. Those that are being written now are not among them.
 */
export async function unreadableBackbones(): Promise<Pick<StoredBackbone, 'id' | 'bytes'>[]> {
  if (!(await hasStorage())) return [];
  const found: Pick<StoredBackbone, 'id' | 'bytes'>[] = [];
  for (const id of await placeIds())
    await ifFree(id, async () => {
      const place = await Place.find(id);
      if (place && !(await place.record())) found.push({ id, bytes: await place.size() });
    });
  return found;
}

/** The stored file of a backbone; null if there is none or it is not whole. */
export async function openStored(id: string): Promise<StoredFile | null> {
  if (!(await hasStorage())) return null;
  return (await (await Place.find(id))?.whole()) ?? null;
}

/**
 * Deletes a stored backbone, whole or partial. Does nothing if there is none.
 * @throws UserError while it is being downloaded or written, here or in another tab
 */
export async function deleteStored(id: string): Promise<void> {
  if (!(await hasStorage())) return;
  if (await ifFree(id, async () => (await Place.find(id))?.remove())) return;
  throw new UserError(
    'This backbone is being downloaded or written, here or in another tab. Cancel that first, then delete the backbone.',
  );
}
