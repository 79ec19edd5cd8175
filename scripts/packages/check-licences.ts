/** `npm run licences`: fails and names the packages of the page whose licence is not allowed. Needs no network. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { licenceFaults } from './licences';

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function statedLicence(path: string): string | undefined {
  const file = `${path}/package.json`;
  if (!existsSync(file)) return undefined;
  return z.object({ license: z.string() }).safeParse(json(file)).data?.license;
}

const faults = licenceFaults(json('package-lock.json'), statedLicence);
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(
    'Choose another package, or add the licence to scripts/packages/licences.ts if it may be used.',
  );
  process.exitCode = 1;
}
