/**
 * `npm run browser`: makes sure that there is a Chromium for the tests and the command line. Uses an installed one, else Playwright's
 * download, else the distribution's package, and checks after each attempt that it starts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from '../e2e/chromium';

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

interface Attempt {
  /** What is being done, as a sentence. */
  says: string;
  /** Commands in order; the attempt ends at the first failure. */
  commands: string[][];
}

function attempts(): Attempt[] {
  const playwright = [
    'npx',
    'playwright',
    'install',
    ...(isLinux && isRoot ? ['--with-deps'] : []),
    'chromium',
  ];
  const list: Attempt[] = [{ says: 'Downloading Chromium with Playwright.', commands: [playwright] }];
  const sudo = isRoot ? [] : ['sudo', '-n'];
  if (isLinux && existsSync('/etc/debian_version') && (isRoot || runs(['sudo', '-n', 'true']))) {
    const apt = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
    list.push({
      says: 'Installing the distribution’s chromium package.',
      commands: [
        [...apt, 'update'],
        [...apt, 'install', '-y', 'chromium'],
      ],
    });
  }
  return list;
}

/** Whether the command succeeded; its output is shown with `shown`. */
function runs([command = '', ...rest]: string[], shown = false): boolean {
  // On Windows npx is a .cmd file, which needs a shell. No argument comes from outside.
  const shell = process.platform === 'win32';
  return spawnSync(command, rest, { stdio: shown ? 'inherit' : 'ignore', shell }).status === 0;
}

/** The path of an installed Chromium that starts, or null. */
function working(): string | null {
  const path = findChromium();
  if (path === null) return null;
  // On Windows, `--version` opens a window instead of answering.
  return process.platform === 'win32' || runs([path, '--version']) ? path : null;
}

function ensure(): number {
  const installed = working();
  if (installed) {
    console.log(`Chromium is here: ${installed}`);
    return 0;
  }
  const broken = findChromium();
  console.log(broken ? `${broken} does not start.` : 'No Chromium or Chrome is installed.');
  for (const { says, commands } of attempts()) {
    console.log(says);
    const done = commands.every((command) => runs(command, true));
    const found = working();
    if (found) {
      console.log(`Chromium is here: ${found}`);
      return 0;
    }
    console.log(done ? 'That ended well, but no Chromium that starts was found.' : 'That did not work.');
  }
  console.error(
    [
      'There is no Chromium to run. Do one of these, then run this again:',
      '- install Google Chrome or Chromium (Debian: apt-get install chromium; macOS: brew install --cask google-chrome);',
      '- on Linux, install what Playwright’s Chromium needs: sudo npx playwright install --with-deps chromium;',
      '- set the environment variable CHROMIUM to the path of a Chrome or Chromium you have.',
    ].join('\n'),
  );
  return 1;
}

process.exitCode = ensure();
