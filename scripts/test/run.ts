/**
 * `npm test`: type check, lint and licences, known vulnerabilities, then the unit tests and the end-to-end tests, and at the end how many
 * tests passed, failed and were skipped, and why. Exits with an error if one of them failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type RESULT_FILES, type Results, summary } from './results';
import { resultFile } from './write-results';

type Run = keyof typeof RESULT_FILES;

const SCRIPTS: Record<Run, string> = { 'unit tests': 'test:unit', 'end-to-end tests': 'test:e2e' };
const RUNS = Object.keys(SCRIPTS) as Run[]; // the keys are those of the type

function succeeds(script: string): boolean {
  return spawnSync('npm', ['run', script], { stdio: 'inherit' }).status === 0;
}

/** Null if the run wrote none. */
function resultsOf(run: Run): Results | null {
  const file = resultFile(run);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

function main(): boolean {
  for (const run of RUNS) rmSync(resultFile(run), { force: true });
  if (!succeeds('browser') || !succeeds('check')) return false;
  // All run even if one fails, so that the summary is complete.
  const succeeded = ['audit', ...RUNS.map((run) => SCRIPTS[run])].map(succeeds);
  const results = Object.fromEntries(RUNS.map((run) => [run, resultsOf(run)]));
  console.log(`\n${summary(results).join('\n')}`);
  return succeeded.every(Boolean);
}

process.exitCode = main() ? 0 : 1;
