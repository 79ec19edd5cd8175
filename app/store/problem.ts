/** What went wrong, as the page shows it: a sentence for the person, a device that failed, or a bug with its details. */
import { AmbiguousData } from '../../src/data/question';
import { EngineFault } from '../../src/engine-fault';
import { UserError } from '../../src/user-error';
import type { DataQuestion, Fault } from '../../src/worker/protocol';

export type Problem =
  /** `question`: what the person has to choose before their data can be read. */
  | { kind: 'user'; message: string; question?: DataQuestion }
  | Fault
  | { kind: 'bug'; message: string; details: string };

/** Null when the person ended the work: that is no problem. */
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
