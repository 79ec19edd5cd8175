/**
 * Destroys the GPU device at a random moment of a run, as a driver that resets does. The engine has to be restarted by itself, and the
 * run to end with the numbers of an uninterrupted one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { storedRuns } from '../../e2e/stored-project';
import { seededRandom } from '../../src/core/random';
import { table } from '../markdown';
import { devTools } from './own-browser';
import { distance, median, outcomeOf, PATIENCE, type Plan, type Trials } from './trials';

export const LOSS_PLAN: Plan = { backend: 'webgpu', epochs: 6 };

/** Relative; on WebGPU the order of additions depends on the driver. */
const TOLERANCE = 1e-3;

export const NOTICE = 'The GPU device was lost. The engine was restarted and goes on where it was.';

export interface Loss {
  /** Milliseconds after the run's first step. */
  at: number;
  shown: number;
  /** The step after which the run went on; null if it began anew. */
  resumedAfter: number | null;
  /** Milliseconds from the loss until the page said that the engine was restarted. */
  restarted: number;
  /** Relative distance of the trained numbers from those of the uninterrupted run. */
  distance: number;
  differences: string[];
}

/** Runs in the engine's worker before its own script, so that the device can be destroyed from outside. */
const PRELUDE = `{
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    globalThis.requestedDevice = await request.apply(this, given);
    return globalThis.requestedDevice;
  };
}\n`;

/** Has to be called before the page is opened. @param address that of the page */
export async function makeDevicesLosable(page: Page, address: string): Promise<void> {
  // A service worker would answer in the place of the network.
  const session = await devTools(page);
  await session.send('Storage.clearDataForOrigin', {
    origin: new URL(address).origin,
    storageTypes: 'service_workers,cache_storage',
  });
  await page.route(/worker[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: PRELUDE + (await response.text()) });
  });
}

/** Destroys the device of the engine that was started last. @returns whether there was one */
export async function loseDevice(page: Page): Promise<boolean> {
  for (const worker of page.workers().reverse()) {
    const lost = await worker
      .evaluate(() => {
        const { requestedDevice } = globalThis as { requestedDevice?: GPUDevice };
        requestedDevice?.destroy();
        return requestedDevice !== undefined;
      })
      .catch(() => false);
    if (lost) return true;
  }
  return false;
}

export async function lose(trials: Trials, index: number, seed: number): Promise<Loss> {
  const at = 0.95 * seededRandom(seed).fork(`trial ${index}`).uniform() * trials.reference.seconds * 1000;
  return trials.inOpenedCopy(async (page) => {
    await makeDevicesLosable(page, trials.address);
    await trials.startRun(page);
    await sleep(at);
    const shown = await trials.stepsShown(page);
    if (!(await loseDevice(page))) throw new Error('There was no device to lose.');
    const lost = performance.now();
    await page.getByText(NOTICE).waitFor({ timeout: PATIENCE });
    const restarted = performance.now() - lost;
    const outcome = await outcomeOf(page);
    const [stored] = await storedRuns(page);
    const all = (tensors: Map<string, Float32Array>) => [...tensors.values()].flatMap((each) => [...each]);
    return {
      ...{ at, shown, restarted, resumedAfter: stored?.resumedAfter ?? null },
      distance: distance(all(outcome.tensors), all(trials.reference.tensors)),
      differences: trials.differences(outcome, TOLERANCE),
    };
  });
}

export function lossTable(losses: readonly Loss[]): string {
  const again = losses.map(({ shown, resumedAfter }) => Math.max(0, shown - (resumedAfter ?? 0)));
  const restarted = losses.map((loss) => loss.restarted / 1000);
  return table(
    [
      'losses',
      'equal within 1e-3',
      'largest distance',
      'steps computed again, median',
      'seconds to restart, median',
    ],
    [
      [
        String(losses.length),
        String(losses.filter(({ differences }) => differences.length === 0).length),
        Math.max(...losses.map((loss) => loss.distance)).toExponential(1),
        `${median(again)} (at most ${Math.max(0, ...again)})`,
        `${median(restarted).toFixed(1)} (at most ${Math.max(0, ...restarted).toFixed(1)})`,
      ],
    ],
  );
}
