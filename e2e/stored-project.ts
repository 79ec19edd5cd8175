/** Reads what the page has stored of its project. */
import type { Page } from '@playwright/test';

interface StoredRun {
  name: string;
  status: string;
  continues: boolean;
  steps: { step: number; loss: number }[];
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
