/** An error as the page shows it: a message for the person, a device failure, or a bug with its details. */

import type { DataQuestion } from '../../src/core/dataset';
import type { Fault } from '../../src/core/engine';
import { UserError } from '../../src/core/user-error';
import { AmbiguousData } from '../../src/data/question';
import { EngineFault } from '../../src/engine-fault';

export type Problem =
  /** `question`: how the data set's folders are to be read; the person must choose. */
  | { kind: 'user'; message: string; question?: DataQuestion }
  | Fault
  | { kind: 'bug'; message: string; details: string };

/** Null for an `AbortError`: the person stopped the work, so there is no error to show. */
export function asProblem(error: unknown): Problem | null {
  if (error instanceof AmbiguousData)
    return { kind: 'user', message: error.message, question: error.question };
  if (error instanceof UserError) return { kind: 'user', message: error.message };
  if (error instanceof EngineFault) {
    const { kind, message, details, engineLost } = error;
    return { kind, message, details, engineLost };
  }
  if (error instanceof DOMException && error.name === 'AbortError') return null;
  if (error instanceof Error)
    return { kind: 'bug', message: error.message, details: error.stack || String(error) };
  return { kind: 'bug', message: String(error), details: String(error) };
}
