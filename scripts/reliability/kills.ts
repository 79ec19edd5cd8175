/**
 * Kills the browser, or the page's process, at a random moment of a run, opens the page again and compares what comes out with an
 * uninterrupted run: on WebAssembly every number has to be equal.
 */
import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { storedRuns } from '../../e2e/stored-project';
import { seededRandom } from '../../src/core/random';
import { table } from '../markdown';
import { devTools, OwnBrowser } from './own-browser';
import { median, outcomeOf, PATIENCE, type Plan, type Trials } from './trials';

export const KILL_PLAN: Plan = { backend: 'wasm', epochs: 40 };

/** What is killed, and when. */
export const KINDS = [
  'browser, during a checkpoint write',
  'browser, at any time',
  'page, at any time',
] as const;

export interface Kill {
  kind: (typeof KINDS)[number];
  /** Milliseconds after the run's first step. */
  at: number;
  /** Steps that the page had shown, and the one after which the run went on; null if it began anew or was over. */
  shown: number;
  resumedAfter: number | null;
  /** Whether the run had ended before. */
  wasOver: boolean;
  /** Milliseconds until the reopened page showed its project. */
  opened: number;
  /** What differs from an uninterrupted run; empty if nothing does. */
  differences: string[];
}

export async function kill(trials: Trials, index: number, seed: number): Promise<Kill> {
  const random = seededRandom(seed).fork(`trial ${index}`);
  const kind = KINDS[index % KINDS.length] ?? KINDS[0];
  const at = (0.05 + 0.9 * random.uniform()) * trials.reference.seconds * 1000;
  return trials.inCopy(async (profile) => {
    let own = await OwnBrowser.open(profile);
    const page = await own.page();
    await trials.startRun(page);
    await sleep(at);
    const shown = await trials.stepsShown(page);
    if (kind === 'page, at any time') {
      const session = await devTools(page);
      const crashed = page.waitForEvent('crash');
      session.send('Page.crash').catch(() => {});
      await crashed;
      await page.close();
    } else {
      if (kind === 'browser, during a checkpoint write') await nextWrite(profile, random.uniform() * 4);
      await own.kill();
      own = await OwnBrowser.open(profile);
    }
    const again = await own.page();
    const began = performance.now();
    await again.goto(trials.address);
    await again.getByRole('heading', { level: 2, name: 'Compare' }).waitFor({ timeout: PATIENCE });
    const opened = performance.now() - began;
    const wasOver = (await storedRuns(again))[0]?.status === 'finished';
    const outcome = await outcomeOf(again);
    const [stored] = await storedRuns(again);
    await own.close();
    return {
      ...{ kind, at, shown, opened, wasOver },
      resumedAfter: stored?.resumedAfter ?? null,
      differences: trials.differences(outcome),
    };
  });
}

/** Resolves a moment after the next write into the page's files. */
function nextWrite(profile: string, delay: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(join(profile, 'Default', 'File System'), { recursive: true }, () => {
      watcher.close();
      setTimeout(resolve, delay);
    });
    // The run may have ended.
    setTimeout(() => {
      watcher.close();
      resolve();
    }, 3000);
  });
}

export function killTable(kills: readonly Kill[]): string {
  const rows = KINDS.map((kind) => {
    const own = kills.filter((trial) => trial.kind === kind);
    const midway = own.filter(({ wasOver }) => !wasOver);
    const again = midway.map(({ shown, resumedAfter }) => Math.max(0, shown - (resumedAfter ?? 0)));
    const opened = own.map((trial) => trial.opened / 1000);
    return [
      kind,
      String(own.length),
      String(midway.length),
      String(own.filter(({ differences }) => differences.length === 0).length),
      `${median(again)} (at most ${Math.max(0, ...again)})`,
      `${median(opened).toFixed(2)} (at most ${Math.max(0, ...opened).toFixed(2)})`,
    ];
  });
  const heads = ['killed', 'trials', 'before the run was over', 'equal', 'steps computed again, median'];
  return table([...heads, 'seconds until the project is shown, median'], rows);
}
