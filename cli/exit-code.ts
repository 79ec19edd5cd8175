/** The exit code of the command, and the text of errors. */
import packageJson from '../package.json' with { type: 'json' };
import { UserError } from '../src/core/user-error';
import { AmbiguousData } from '../src/data/question';
import { EngineFault } from '../src/engine-fault';
import { Bug } from './bug';
import type { RunRecord } from './messages';
import { questionText } from './question-text';

export const EXIT = { done: 0, failed: 1, input: 2, stopped: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** `text` is written to standard error. */
export function endOf(error: unknown): { code: ExitCode; text: string } {
  if (error instanceof AmbiguousData) return { code: EXIT.input, text: `${questionText(error.question)}\n` };
  if (error instanceof UserError) return { code: EXIT.input, text: `${error.message}\n` };
  if (error instanceof EngineFault)
    return { code: EXIT.failed, text: `${error.message}\n${error.details}\n` };
  if (error instanceof DOMException && error.name === 'AbortError') return { code: EXIT.stopped, text: '' };
  const details = error instanceof Bug ? error.details : error instanceof Error ? error.stack : String(error);
  return {
    code: EXIT.failed,
    text: `This is a bug in ${packageJson.name}; please report it with these details:\n${details}\n`,
  };
}

/** The exit code after all runs have completed or the person has stopped. */
export function codeOf(runs: readonly Pick<RunRecord, 'role' | 'status'>[], stopped: boolean): ExitCode {
  if (stopped) return EXIT.stopped;
  // Search runs may fail, for example with too high a learning rate.
  const failed = runs.some(({ role, status }) => role === 'final' && status !== 'finished');
  return failed ? EXIT.failed : EXIT.done;
}
