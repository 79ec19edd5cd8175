/** In a note that the disk is full: what takes most of the room and could be deleted, and the way there. */
import { useEffect } from 'react';
import { useSession } from '../store/session';
import { bytes } from '../ui/format';
import { refreshUse } from './actions';
import type { StorageUse } from './measure';
import { StorageButton } from './StorageButton';

export function LargestStored() {
  const words = useSession(({ storageUse, project }) => storageUse && largestWords(storageUse, project?.id));
  useEffect(() => void refreshUse(), []);
  return (
    <>
      {words && <p>{words}</p>}
      <StorageButton />
    </>
  );
}

/** Bytes. */
const WORTH_DELETING = 100_000;

/** `You could delete: backbone “ResNet-50”, 102 MB; project “Flowers”, 80 MB.` Empty if there is nothing to delete. */
export function largestWords(
  { projects, backbones, computed }: StorageUse,
  open: string | undefined,
): string {
  const all = [
    ...projects
      .filter(({ id }) => id !== open)
      .map(({ name, bytes }) => ({
        words: name === null ? 'files of no project' : `project “${name}”`,
        bytes,
      })),
    ...backbones.map(({ id, stored, bytes }) => ({ words: `backbone “${stored?.label ?? id}”`, bytes })),
    { words: 'computed values', bytes: computed },
  ];
  const largest = all
    .filter(({ bytes }) => bytes >= WORTH_DELETING)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3);
  if (largest.length === 0) return '';
  return `You could delete: ${largest.map(({ words, bytes: size }) => `${words}, ${bytes(size)}`).join('; ')}.`;
}
