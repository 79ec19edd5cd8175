/**
 * No room left at each kind of write: the browser's quota is set to what the page uses already and a little more, or a small file
 * system under the profile is filled. The page has to say so in a sentence, go on, lose nothing that was stored, and store the rest
 * when there is room again.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { drawStripes } from '../../e2e/draw-stripes';
import { storedFiles, storedRuns } from '../../e2e/stored-project';
import { seededRandom } from '../../src/core/random';
import { table } from '../markdown';
import { devTools, OwnBrowser } from './own-browser';
import { importImages, outcomeOf, PATIENCE, type Plan, searchOf, Trials, untilSaved } from './trials';

export const FULL_PLAN: Plan = { backend: 'wasm', epochs: 40 };

export interface Full {
  /** What was written when there was no room. */
  write: string;
  /** What the page said, one of its sentences. */
  said: string;
  /** What was lost or wrong; empty if nothing was. */
  differences: string[];
  /** Whether the browser itself deletes what the page has stored, because it has not agreed to keep it. */
  browserDeletes?: boolean;
}

/** A limit ends with the session that has set it, so there is one for each page. */
const sessions = new WeakMap<Page, Awaited<ReturnType<typeof devTools>>>();

/** Sets how many bytes the page may still write; null for no limit of ours. */
export async function allow(page: Page, free: number | null): Promise<void> {
  const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  const session = sessions.get(page) ?? (await devTools(page));
  sessions.set(page, session);
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(page.url()).origin,
    ...(free === null ? {} : { quotaSize: used + free }),
  });
}

const NO_ROOM = /no room|not saved/;

/** The page's sentence about room, once it stands there. */
async function sentence(page: Page, words = NO_ROOM): Promise<string> {
  const found = page.locator('[role=alert]', { hasText: words }).first();
  await found.waitFor({ timeout: PATIENCE });
  return (await found.innerText()).split('\n').join(' ');
}

/** While a run trains: its checkpoints, its record and its model, whichever meets the limit first. */
export async function fullInRun(trials: Trials, index: number, seed: number): Promise<Full> {
  const random = seededRandom(seed).fork(`full ${index}`);
  const at = 0.8 * random.uniform() * trials.reference.seconds * 1000;
  const free = random.integer(60_000);
  return trials.inOpenedCopy(async (page) => {
    await trials.startRun(page);
    await sleep(at);
    await allow(page, free);
    // The run ends although little or nothing of it can be written.
    const said = await saidUntilOver(page);
    await allow(page, null);
    await untilSaved(page);
    const differences = trials.differences(await outcomeOf(page));
    await page.reload();
    if (!(await opensWith(page, 1))) differences.push('the project after a reload');
    return { write: 'a run: checkpoints, record, model', said, differences };
  });
}

/** What the page says of room until its run is over and for a moment after that. */
async function saidUntilOver(page: Page): Promise<string> {
  const over = page.getByRole('region', { name: 'Runs, table' }).getByText('finished');
  const deadline = performance.now() + PATIENCE;
  for (let said = 'nothing: all of it fitted'; ; await sleep(100)) {
    const isOver = await over.isVisible();
    // A change is stored after a third of a second.
    if (isOver) await sleep(1500);
    const [alert] = await page.locator('[role=alert]', { hasText: NO_ROOM }).allInnerTexts();
    said = alert?.split('\n').join(' ') ?? said;
    if (isOver) return said;
    if (performance.now() > deadline) throw new Error('The run did not end.');
  }
}

/** Everything else that a person does which writes. */
export async function fullElsewhere(address: string, folder: string): Promise<Full[]> {
  drawStripes(join(folder, 'stripes'));
  return OwnBrowser.with(join(folder, 'profile'), (_own, page) => otherWrites(page, address, folder));
}

async function otherWrites(page: Page, address: string, folder: string): Promise<Full[]> {
  await page.goto(`${address}${searchOf({ ...FULL_PLAN, epochs: 2 })}`);
  const done: Full[] = [];

  await page.locator('button:enabled', { hasText: 'Try the sample' }).waitFor({ timeout: PATIENCE });
  await allow(page, 50_000);
  await page.locator('input[webkitdirectory]').setInputFiles(join(folder, 'stripes'));
  const ofImages = await sentence(page);
  await allow(page, null);
  await untilSaved(page);
  await page.goto(`${address}#tune`);
  const imagesOpen = await opensWith(page, 0);
  done.push({ write: 'imported images', said: ofImages, differences: imagesOpen ? [] : ['the images'] });

  // The atoms that are computed first are kept in the browser too.
  const start = page.getByRole('button', { name: 'Run 1 setting' });
  await start.waitFor({ timeout: PATIENCE });
  await allow(page, 0);
  await start.click({ timeout: PATIENCE });
  const ofAtoms = await sentence(page);
  await page
    .getByRole('region', { name: 'Runs, table' })
    .getByText('finished')
    .waitFor({ timeout: PATIENCE });
  await allow(page, null);
  await untilSaved(page);
  done.push({
    write: 'computed atoms, and all of a run',
    said: ofAtoms,
    differences: (await storedRuns(page))[0]?.status === 'finished' ? [] : ['the run'],
  });

  const before = await kept(page);
  await projects(page);
  await choose(page, 'Duplicate', 30_000);
  done.push({
    write: 'a duplicate',
    said: await sentence(page, /no room/),
    differences: await changes(page, before),
  });

  await choose(page, 'Export as zip', 20_000);
  done.push({
    write: 'a zip',
    said: await sentence(page, /to write the zip/),
    differences: await changes(page, before),
  });

  const [download] = await Promise.all([page.waitForEvent('download'), choose(page, 'Export as zip', null)]);
  const zip = join(folder, 'project.zip');
  await download.saveAs(zip);
  const withZip = await kept(page);
  await allow(page, 30_000);
  await page.getByLabel('Zip of a project').setInputFiles(zip);
  const ofImport = await sentence(page, /for the project/);
  done.push({ write: 'an imported zip', said: ofImport, differences: await changes(page, withZip) });
  return done;
}

/** Preferences of a browser that has agreed to keep what the page stores. */
const durable = (address: string) => ({
  profile: {
    content_settings: {
      exceptions: { durable_storage: { [`${new URL(address).origin},*`]: { setting: 1 } } },
    },
  },
});

/** A full file system: the run goes on, the project stays readable, and an export says that there is no room. */
export async function fullDisk(address: string, folder: string, persisted: boolean): Promise<Full[]> {
  const disk = mkdtempSync(join(folder, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    console.log('The full file system is left out: this user may not mount one.');
    return [];
  }
  let own: OwnBrowser | null = null;
  try {
    drawStripes(join(folder, 'more'), { across: 100, down: 100 });
    if (persisted) {
      mkdirSync(join(disk, 'profile/Default'), { recursive: true });
      writeFileSync(join(disk, 'profile/Default/Preferences'), JSON.stringify(durable(address)));
    }
    own = await OwnBrowser.open(join(disk, 'profile'));
    const page = await own.page();
    await page.goto(`${address}${searchOf({ ...FULL_PLAN, epochs: 4 })}`);
    await importImages(page, join(folder, 'more'));
    const before = await kept(page);
    await page.goto(`${address}#tune`);
    await page.getByRole('button', { name: 'Run 1 setting' }).waitFor({ timeout: PATIENCE });
    const fill = (free: number) => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, `filler ${bavail}`), Buffer.alloc(Math.max(0, bavail * bsize - free)));
    };
    const empty = () => execFileSync('find', [disk, '-name', 'filler *', '-delete']);

    await projects(page);
    fill(200_000);
    await choose(page, 'Export as zip');
    const ofZip = await sentence(page, /to write the zip/);
    const lost = await changes(page, before);
    await page.keyboard.press('Escape');
    fill(0);
    await page.getByRole('button', { name: 'Run 1 setting' }).click();
    const ofRun = await sentence(page, /Training goes on|not saved/);
    await page
      .getByRole('region', { name: 'Runs, table' })
      .getByText('finished')
      .waitFor({ timeout: PATIENCE });
    empty();
    await untilSaved(page);
    await page.reload();
    const runs = (await opensWith(page, 1)) ? [] : ['the run after a reload'];
    const where = `on a full file system${persisted ? '' : ', and the browser has not agreed to keep the data'}`;
    return [
      { write: `a zip, ${where}`, said: ofZip, differences: lost },
      { write: `a run, ${where}`, said: ofRun, differences: runs },
    ].map((each) => ({ ...each, browserDeletes: !persisted }));
  } finally {
    await own?.close();
    execFileSync('umount', ['-l', disk]);
  }
}

/** The files of projects and of zips, with their sizes. */
const kept = async (page: Page) =>
  (await storedFiles(page))
    .filter(({ path }) => /^\/(projects|exported projects)\//.test(path))
    .map(({ path, size }) => `${path} ${size}`);

/** What is stored now and was not, or the other way round. */
async function changes(page: Page, before: readonly string[]): Promise<string[]> {
  const now = await kept(page);
  return [
    ...now.filter((file) => !before.includes(file)).map((file) => `left: ${file}`),
    ...before.filter((file) => !now.includes(file)).map((file) => `lost: ${file}`),
  ];
}

const projects = (page: Page) => page.getByRole('button', { name: 'Projects' }).click();

/** From the menu of the only project. */
async function choose(page: Page, action: string, free?: number | null): Promise<void> {
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Actions of/ })
    .click();
  const item = page.getByRole('menuitem', { name: action });
  await item.waitFor();
  if (free !== undefined) await allow(page, free);
  await item.click();
}

/** Whether the page shows its project with its images and so many finished runs. */
async function opensWith(page: Page, runs: number): Promise<boolean> {
  await untilSaved(page);
  const stored = await storedRuns(page);
  const images = await kept(page);
  return (
    stored.filter(({ status }) => status === 'finished').length === runs &&
    images.some((file) => /\/data\/.*\/images/.test(file))
  );
}

export async function full(
  address: string,
  { trials: wanted, seed, note }: { trials: number; seed: number; note: (trial: object) => void },
): Promise<Full[]> {
  const folder = mkdtempSync(join(tmpdir(), 'full-'));
  const trials = await Trials.prepare(address, FULL_PLAN);
  const done: Full[] = [];
  const noted = (found: Full[]) => {
    done.push(...found);
    found.forEach(note);
  };
  try {
    noted(await fullElsewhere(address, folder));
    for (const persisted of [true, false]) noted(await fullDisk(address, folder, persisted));
    for (let index = 0; index < wanted; index++) noted([await fullInRun(trials, index, seed)]);
  } finally {
    trials.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return done;
}

export function fullTable(done: readonly Full[]): string {
  const writes = [...new Set(done.map(({ write }) => write))];
  return table(
    ['no room for', 'trials', 'nothing lost', 'what the page said'],
    writes.map((write) => {
      const own = done.filter((each) => each.write === write);
      return [
        write,
        String(own.length),
        String(own.filter(({ differences }) => differences.length === 0).length),
        [...new Set(own.map(({ said }) => said))].join(' / '),
      ];
    }),
  );
}
