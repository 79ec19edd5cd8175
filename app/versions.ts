/** Brings what an older version of this program wrote to the present form, one version at a time. */
import { UserError } from '../src/core/user-error';

export interface Versions<T> {
  /** What is read, e.g. `project`. */
  what: string;
  /** The oldest version that can be read, and the present one. */
  first: number;
  present: number;
  /** From version `first` to the next, and so on. A new version adds a function here and a file of the old one to its test. */
  steps: readonly ((before: T) => T)[];
}

/** @throws UserError if `version` is not that of a file, is older than the first, or newer than the present one */
export function migrate<T>(stored: T, version: unknown, { what, first, present, steps }: Versions<T>): T {
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw new UserError(`The ${what} states no version, so it cannot be read.`);
  if (version < first)
    throw new UserError(`The ${what} is of version ${version}; versions ${first} to ${present} can be read.`);
  if (version > present)
    throw new UserError(
      `The ${what} was saved by a newer version of atomtune (version ${version}; this one reads up to ${present}). Reload the page, or update the command line, to get the newest version.`,
    );
  return steps.slice(version - first).reduce((before, step) => step(before), stored);
}

/** A field of what is not parsed yet. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined; // by the check
