/** What went wrong, as the page shows it: a sentence for the person, a device that failed, or a bug with its details. */
import { EngineFault } from '../../src/engine-fault';
import { UserError } from '../../src/user-error';
import type { Fault } from '../../src/worker/protocol';

export type Problem =
  | { kind: 'user'; message: string }
  | Fault
  | { kind: 'bug'; message: string; details: string };

/** Null when the person ended the work: that is no problem. */
export function asProblem(error: unknown): Problem | null {
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
