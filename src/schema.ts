/**
 * zod, told not to compile its schemas to functions from text, nor to try whether it may: the page's policy (service-worker/headers.ts)
 * forbids that, and each attempt is reported as a violation. Imported everywhere in place of zod, so that no schema is made before.
 */
// biome-ignore lint/style/noRestrictedImports: the one place
import { z } from 'zod';

z.config({ jitless: true });

export { z };
