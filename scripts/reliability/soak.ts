/** A run of many steps: what the browser's processes, the page's storage and a checkpoint take must not grow with them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { drawStripes } from '../../e2e/draw-stripes';
import { storedFiles } from '../../e2e/stored-project';
import { table } from '../markdown';
import { OwnBrowser } from './own-browser';
import { importImages, PATIENCE, searchOf } from './trials';

/** Of 200 images; 160 are for training, in batches of 4. */
const IMAGES = { across: 100, down: 100 };
const STEPS_PER_EPOCH = 40;
const SAMPLES = 20;

export interface Sample {
  step: number;
  /** Resident memory of the page's process and of all of the browser's, MB. */
  page: number;
  browser: number;
  /** The larger of a checkpoint's two files, and the losses beside them, bytes. */
  checkpoint: number;
  losses: number;
  /** All that the page has stored, MB. */
  stored: number;
}

export async function soak(
  address: string,
  steps: number,
  note: (sample: Sample) => void,
): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  drawStripes(join(folder, 'stripes'), IMAGES);
  const own = await OwnBrowser.open(join(folder, 'profile'));
  try {
    const page = await own.page();
    const epochs = steps / STEPS_PER_EPOCH;
    await page.goto(`${address}${searchOf({ backend: 'wasm', epochs })}`);
    await importImages(page, join(folder, 'stripes'));
    await page.goto(`${address}#tune`);
    await page.getByRole('button', { name: 'Run 1 setting' }).click({ timeout: PATIENCE });
    const done: Sample[] = [];
    for (;;) {
      const step = await stepsDone(page, steps);
      if (step >= (done.length * steps) / SAMPLES && step > 0 && step < steps) {
        const sample = { step, ...processes(own.process.pid ?? 0), ...(await storage(page)) };
        done.push(sample);
        note(sample);
      }
      if (step >= steps) return done;
      await sleep(200);
    }
  } finally {
    await own.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The steps of the run that the page states; all of them when it is over. */
async function stepsDone(page: Page, steps: number): Promise<number> {
  const text = await page.getByRole('region', { name: 'Runs, table' }).innerText();
  if (/failed|stopped/.test(text)) throw new Error(`The run did not end: ${text}`);
  if (text.includes('finished')) return steps;
  return Number(
    new RegExp(`([\\d,]+) of ${steps.toLocaleString('en')}`).exec(text)?.[1]?.replaceAll(',', '') ?? 0,
  );
}

/** Of the browser that this process started. */
function processes(browser: number): Pick<Sample, 'page' | 'browser'> {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 1e8 })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match ? [{ pid: Number(match[1]), parent: Number(match[2]), line: match[3] ?? '' }] : [],
    );
  const own = new Set([browser]);
  for (let found = true; found; ) {
    const more = all.filter(({ pid, parent }) => own.has(parent) && !own.has(pid));
    for (const { pid } of more) own.add(pid);
    found = more.length > 0;
  }
  const mine = all.filter(({ pid }) => own.has(pid));
  const sum = (each: typeof mine) => each.reduce((total, { pid }) => total + residentMB(pid), 0);
  // The largest renderer is the page's; the browser has others of its own.
  const renderers = mine
    .filter(({ line }) => line.includes('--type=renderer'))
    .map(({ pid }) => residentMB(pid));
  return { page: Math.round(Math.max(...renderers)), browser: Math.round(sum(mine)) };
}

function residentMB(pid: number): number {
  try {
    const [, kB = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kB) / 1000;
  } catch {
    return 0; // it has ended
  }
}

async function storage(page: Page): Promise<Pick<Sample, 'checkpoint' | 'losses' | 'stored'>> {
  const files = (await storedFiles(page)).filter(({ path }) => path.includes('/checkpoints/'));
  const largest = (name: RegExp) =>
    Math.max(0, ...files.flatMap(({ path, size }) => (name.test(path) ? [size] : [])));
  return {
    checkpoint: largest(/\/[01]$/),
    losses: largest(/\/losses$/),
    stored: (await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)) / 1e6,
  };
}

export const soakTable = (samples: readonly Sample[]) =>
  table(
    ['step', 'page’s process, MB', 'all processes, MB', 'checkpoint, bytes', 'losses, bytes', 'stored, MB'],
    samples.map(({ step, page, browser, checkpoint, losses, stored }) =>
      [step, page, browser, checkpoint, losses, stored.toFixed(1)].map(String),
    ),
  );
