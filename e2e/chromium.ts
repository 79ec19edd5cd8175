/**
 * Finds a Chromium for the tests and the command line: an installed Chromium or Chrome first, then the one that Playwright
 * downloaded. `npm run browser` (scripts/browser.ts) installs one if there is neither.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

/** Without `chromium-browser`: on Ubuntu that is a stub that only says where to get the browser. */
const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  `${process.env.PROGRAMFILES}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env.LOCALAPPDATA}\\Google\\Chrome\\Application\\chrome.exe`,
];

/** The path of a Chromium, or null. The environment variable `CHROMIUM` overrides the search. */
export function findChromium(): string | null {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const candidates = [process.env.CHROMIUM, ...onPath, ...ELSEWHERE, chromium.executablePath()];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

/** As `findChromium`, but throws an error that says what to do if there is none. */
export function requireChromium(): string {
  const path = findChromium();
  if (!path) {
    throw new Error(
      'No Chromium or Chrome was found. Run `npm run browser` to fetch one, install Chrome or Chromium yourself, or set CHROMIUM to its path.',
    );
  }
  return path;
}

/** WebGPU on the software adapter, and no background network traffic. `--no-sandbox` is needed only as root, in containers. */
export const CHROMIUM_ARGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan,WebGPU',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
