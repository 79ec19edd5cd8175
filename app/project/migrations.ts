/** Versions of stored projects and of their zips. */
import { fieldOf, migrate, type Versions } from '../versions';
import type { StoredParts } from './database';
import { PROJECT_VERSION } from './schema';

const VERSIONS: Versions<StoredParts> = { what: 'project', first: 1, present: PROJECT_VERSION, steps: [] };

/** @throws UserError if a newer version of this program has written it, or it states no version */
export const migrated = (project: StoredParts): StoredParts =>
  migrate(project, fieldOf(project.header, 'version'), VERSIONS);
