/** The backbone's kernels as coefficients × atoms, for show. */
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { announce, read, write } from './session';

let cancelDecompose: AbortController | null = null;

export function setAtomCount(atomCount: number): void {
  write({ configuration: { ...read().configuration, atomCount } });
}

export async function decompose(): Promise<void> {
  if (read().decomposing) return;
  const cancel = new AbortController();
  cancelDecompose = cancel;
  write({ decomposing: { label: 'Finding atoms', done: 0, total: 0 }, atomsProblem: null });
  try {
    const atoms = await ask(
      'decompose',
      { count: read().configuration.atomCount },
      { onProgress: (decomposing) => write({ decomposing }), signal: cancel.signal },
    );
    write({ atoms });
    announce(`Atoms found in ${atoms.length} layers.`);
  } catch (error) {
    write({ atomsProblem: asProblem(error) });
  } finally {
    write({ decomposing: null });
  }
}

export const stopDecompose = () => cancelDecompose?.abort();
