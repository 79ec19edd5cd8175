/** Whether everything that the page is made of may be given to others: the licences of the packages that are not only for development. */
import { z } from 'zod';

/** SPDX identifiers of licences that ask for a notice at most; of fonts and data, too. */
const ALLOWED = new Set(
  'MIT MIT-0 Apache-2.0 BSD-2-Clause BSD-3-Clause ISC 0BSD BlueOak-1.0.0 Zlib Unlicense CC0-1.0 OFL-1.1'.split(
    ' ',
  ),
);

const packageSchema = z.object({ license: z.string().optional(), dev: z.boolean().optional() });
const lockSchema = z.object({ packages: z.record(z.string(), packageSchema) });

/**
 * A sentence for each package that has no allowed licence.
 * @param lock the contents of package-lock.json
 * @param stated the licence that a package's own package.json states, for those of which the lock file has none
 */
export function licenceFaults(lock: unknown, stated: (path: string) => string | undefined): string[] {
  return Object.entries(lockSchema.parse(lock).packages).flatMap(([path, { dev, license }]) => {
    const licence = license ?? stated(path);
    if (dev || (licence !== undefined && isAllowed(licence))) return [];
    const name = path.replace(/^.*node_modules\//, '') || 'The project itself';
    return `${name} has ${licence === undefined ? 'no stated licence' : `the licence “${licence}”`}.`;
  });
}

/** SPDX expressions: AND binds closer than OR; parentheses. What is not understood is not allowed. */
export function isAllowed(expression: string): boolean {
  const inner = /\(([^()]*)\)/.exec(expression);
  if (inner) return isAllowed(expression.replace(inner[0], isAllowed(inner[1] ?? '') ? 'MIT' : 'none'));
  return expression
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((identifier) => ALLOWED.has(identifier.trim())));
}
