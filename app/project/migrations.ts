/** Brings what an older version stored to the present form, one version at a time. */
import { UserError } from '../../src/user-error';
import type { StoredParts } from './database';
import { PROJECT_VERSION } from './schema';

/** From version n (the index + 1) to the next. A new version adds a function here and a file of the old one to its test. */
const STEPS: readonly ((project: StoredParts) => StoredParts)[] = [];

/** @throws UserError if a newer version of this program has written it, or it states no version */
export function migrated(project: StoredParts): StoredParts {
  const { header } = project;
  const version =
    typeof header === 'object' && header !== null && 'version' in header ? header.version : null;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw new UserError('This project states no version, so it cannot be read.');
  if (version > PROJECT_VERSION)
    throw new UserError(
      `This project was saved by a newer version of atomtune (project version ${version}; this page reads up to ${PROJECT_VERSION}). Reload the page to get the newest version.`,
    );
  return STEPS.slice(version - 1).reduce((before, step) => step(before), project);
}
