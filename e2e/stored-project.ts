/** Reads what the page has stored of its project. */
import type { Page } from '@playwright/test';
import { decodeAdapter } from '../src/export/adapter-file';

interface StoredRun {
  name: string;
  status: string;
  steps: { step: number; loss: number }[];
  /** The step after which the engine went on with it; null if it was not interrupted. */
  resumedAfter: number | null;
  epochs: { epoch: number; valLoss: number; correct: number }[];
}

/** The runs in the records of all projects. */
export function storedRuns(page: Page): Promise<StoredRun[]> {
  return page.evaluate(
    () =>
      new Promise<StoredRun[]>((resolve, reject) => {
        const opening = indexedDB.open('atomtune projects');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const db = opening.result;
          const all = db.transaction('parts').objectStore('parts').getAll();
          all.onsuccess = () => {
            db.close();
            resolve(all.result.filter(({ kind }) => kind === 'run').map(({ value }) => value));
          };
        };
      }),
  );
}

/** The tensors of the only model's file by name. */
export async function storedModel(page: Page): Promise<Map<string, Float32Array>> {
  const bytes = await page.evaluate(async () => {
    const files: number[][] = [];
    const root = await navigator.storage.getDirectory();
    const projects = await root.getDirectoryHandle('projects');
    for await (const project of projects.values()) {
      const models = await (project as FileSystemDirectoryHandle).getDirectoryHandle('models');
      for await (const file of models.values()) {
        const content = await (await (file as FileSystemFileHandle).getFile()).arrayBuffer();
        files.push(Array.from(new Uint8Array(content)));
      }
    }
    return files[0] ?? [];
  });
  const { tensors } = decodeAdapter(Uint8Array.from(bytes), 'the stored model');
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}

/** All files in the page's private file system: path, and size in bytes. */
export function storedFiles(page: Page): Promise<{ path: string; size: number }[]> {
  return page.evaluate(async () => {
    const files: { path: string; size: number }[] = [];
    const folders = [{ path: '', handle: await navigator.storage.getDirectory() }];
    for (let folder = folders.pop(); folder; folder = folders.pop())
      for await (const [name, entry] of folder.handle.entries()) {
        const path = `${folder.path}/${name}`;
        if (entry.kind === 'directory') folders.push({ path, handle: entry as FileSystemDirectoryHandle });
        else
          await (entry as FileSystemFileHandle).getFile().then(
            ({ size }) => files.push({ path, size }),
            (error: unknown) => {
              // It has just been deleted.
              if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
            },
          );
      }
    return files;
  });
}
