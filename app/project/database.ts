/**
 * The records of projects in IndexedDB: what is not bulk bytes. One transaction writes all that changed at a time, so a project is always
 * one that the page showed. What is read is unknown until the schema has parsed it.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { ProjectHeader } from './schema';

const NAME = 'atomtune projects';

export type PartKind = 'data' | 'run' | 'model';

interface Part {
  project: string;
  kind: PartKind;
  id: string;
  value: unknown;
}

interface Schema extends DBSchema {
  projects: { key: string; value: ProjectHeader };
  parts: { key: [project: string, kind: string, id: string]; value: Part };
}

let opened: Promise<IDBPDatabase<Schema>> | null = null;

/** Rejects where the browser has no such storage, for example in some private windows. */
function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(NAME, 1, {
    upgrade(db) {
      db.createObjectStore('projects', { keyPath: 'id' });
      db.createObjectStore('parts', { keyPath: ['project', 'kind', 'id'] });
    },
    // A newer version of the page waits for this connection to close.
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
    terminated: () => {
      opened = null;
    },
  }).catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** All keys of a project's parts. */
const partsOf = (project: string) => IDBKeyRange.bound([project], [project, []]);

export const readHeaders = async (): Promise<unknown[]> => (await database()).getAll('projects');

export interface StoredParts {
  header: unknown;
  parts: { kind: PartKind; id: string; value: unknown }[];
}

/** Null if there is no such project. */
export async function readStored(project: string): Promise<StoredParts | null> {
  const transaction = (await database()).transaction(['projects', 'parts']);
  const [header, parts] = await Promise.all([
    transaction.objectStore('projects').get(project),
    transaction.objectStore('parts').getAll(partsOf(project)),
  ]);
  return header ? { header, parts } : null;
}

export interface Change {
  header: ProjectHeader;
  put: { kind: PartKind; id: string; value: unknown }[];
  remove: { kind: PartKind; id: string }[];
}

/** Resolves when all of it is stored. @throws DOMException `QuotaExceededError` if there is no room; nothing has changed then */
export async function store({ header, put, remove }: Change): Promise<void> {
  const transaction = (await database()).transaction(['projects', 'parts'], 'readwrite');
  const parts = transaction.objectStore('parts');
  await Promise.all([
    transaction.objectStore('projects').put(header),
    ...put.map((part) => parts.put({ project: header.id, ...part })),
    ...remove.map(({ kind, id }) => parts.delete([header.id, kind, id])),
    transaction.done,
  ]);
}

/** Deletes the records of a project; its files are not touched. */
export async function deleteRecords(project: string): Promise<void> {
  const transaction = (await database()).transaction(['projects', 'parts'], 'readwrite');
  await Promise.all([
    transaction.objectStore('projects').delete(project),
    transaction.objectStore('parts').delete(partsOf(project)),
    transaction.done,
  ]);
}
