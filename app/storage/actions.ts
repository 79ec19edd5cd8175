/** What a person does with what is stored: look, and delete. Nothing is deleted otherwise. */
import { deleteComputed } from '../../src/worker/computed';
import { deleteForGood } from '../project/actions';
import { ask } from '../store/engine-actions';
import { asProblem, type Problem } from '../store/problem';
import { announce, write } from '../store/session';
import { measureStorage } from './measure';

let measure = measureStorage;

/** Replaces the measurement: on the page of states. */
export function measureWith(other: typeof measureStorage): void {
  measure = other;
}

/** Measures again. Returns why that is not possible; null if it is. */
export async function refreshUse(): Promise<Problem | null> {
  try {
    write({ storageUse: await measure() });
    return null;
  } catch {
    return { kind: 'user', message: NOTHING_STORED };
  }
}

export const NOTHING_STORED =
  'This browser stores nothing for this page, for example because the window is private. Projects end with the tab.';

/** Each resolves to why it could not be deleted; to null if it was. */
export const removeProject = (id: string) => deleted(deleteForGood(id), 'The project is deleted.');

export const removeBackbone = (id: string) =>
  deleted(
    ask('deleteStored', { id }).then((storage) => write({ storage })),
    'The backbone is deleted from this browser.',
  );

export const clearComputed = () => deleted(deleteComputed(), 'The computed values are deleted.');

async function deleted(work: Promise<void>, words: string): Promise<Problem | null> {
  try {
    await work;
    announce(words);
    return await refreshUse();
  } catch (error) {
    return asProblem(error);
  }
}
