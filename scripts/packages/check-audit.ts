/** `npm run audit`: fails on high and critical vulnerabilities of the packages that the page is made of. Skips without a network. */
import { spawnSync } from 'node:child_process';
import { auditOf } from './audit';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const { passed, lines } = auditOf(parsed(stdout));
for (const line of lines) console.log(line);
process.exitCode = passed ? 0 : 1;
