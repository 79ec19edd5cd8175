import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RESULT_FILES, type Results } from './results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const resultFile = (run: keyof typeof RESULT_FILES) => ROOT + RESULT_FILES[run];

export function writeResults(run: keyof typeof RESULT_FILES, results: Results): void {
  const file = resultFile(run);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(results));
}
