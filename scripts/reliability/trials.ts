/**
 * What trials of an accident have in common: a profile of the browser with imported images, of which each trial gets a copy, one run on
 * it, and what an uninterrupted run of the same configuration gives.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { drawStripes } from '../../e2e/draw-stripes';
import { storedModel, storedRuns } from '../../e2e/stored-project';
import { OwnBrowser } from './own-browser';

/** Milliseconds. */
export const PATIENCE = 180_000;

/** The run: ΔD (m = 3) on the starter backbone, 20 images of 72 px, 4 steps an epoch. */
export interface Plan {
  backend: 'wasm' | 'webgpu';
  epochs: number;
}

const STEPS_PER_EPOCH = 4;
export const stepsOf = ({ epochs }: Plan) => STEPS_PER_EPOCH * epochs;

export const searchOf = ({ backend, epochs }: Plan) =>
  `?backend=${backend}&epochs=${epochs}&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=crops-flips&dropout=0.2`;

export interface Outcome {
  seconds: number;
  losses: number[];
  epochs: { epoch: number; valLoss: number; correct: number }[];
  /** The trained tensors of the model's file. */
  tensors: Map<string, Float32Array>;
}

export class Trials {
  private constructor(
    readonly address: string,
    readonly plan: Plan,
    readonly folder: string,
    /** Of a run that nothing interrupted. */
    readonly reference: Outcome,
  ) {}

  /** @param address that of the built page */
  static async prepare(address: string, plan: Plan): Promise<Trials> {
    const folder = mkdtempSync(join(tmpdir(), 'trials-'));
    drawStripes(join(folder, 'stripes'));
    await OwnBrowser.with(join(folder, 'profile'), async (_own, page) => {
      await page.goto(`${address}${searchOf(plan)}`);
      await importImages(page, join(folder, 'stripes'));
    });
    const none = { seconds: 0, losses: [], epochs: [], tensors: new Map() };
    const trials = new Trials(address, plan, folder, none);
    const reference = await trials.inOpenedCopy(async (page) => {
      const began = await trials.startRun(page);
      const outcome = await outcomeOf(page);
      return { ...outcome, seconds: (performance.now() - began) / 1000 };
    });
    return new Trials(address, plan, folder, reference);
  }

  /** Calls `work` with a profile that has the images and no run. */
  async inCopy<T>(work: (profile: string) => Promise<T>): Promise<T> {
    const copy = join(this.folder, 'copy');
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
    cpSync(join(this.folder, 'profile'), copy, { recursive: true });
    return work(copy);
  }

  /** The same with a page of a browser that has the profile. */
  inOpenedCopy<T>(work: (page: Page) => Promise<T>): Promise<T> {
    return this.inCopy((profile) => OwnBrowser.with(profile, (_own, page) => work(page)));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Starts the run, and returns when its first step was done, milliseconds. */
  async startRun(page: Page): Promise<number> {
    await page.goto(`${this.address}#tune`);
    await page.getByRole('button', { name: 'Run 1 setting' }).click({ timeout: PATIENCE });
    await page
      .getByText(new RegExp(`\\d of ${stepsOf(this.plan)}`))
      .first()
      .waitFor({ timeout: PATIENCE });
    return performance.now();
  }

  /** The steps that the page states as done. */
  async stepsShown(page: Page): Promise<number> {
    const text = await page.getByRole('main').innerText();
    return Number(new RegExp(`(\\d+) of ${stepsOf(this.plan)}`).exec(text)?.[1] ?? 0);
  }

  /**
   * What differs from the uninterrupted run; empty if nothing does.
   * @param tolerance relative; 0: every number has to be the same
   */
  differences({ losses, epochs, tensors }: Outcome, tolerance = 0): string[] {
    const { reference } = this;
    const same = (found: number[], wanted: number[]) =>
      found.length === wanted.length && distance(found, wanted) <= tolerance;
    const names = [...reference.tensors.keys()];
    return [
      ...(same(losses, reference.losses) ? [] : ['losses']),
      ...(same(valLosses(epochs), valLosses(reference.epochs)) ? [] : ['validation losses']),
      // An image on the border between two classes may change sides where numbers are not the same.
      ...(tolerance > 0 || String(correct(epochs)) === String(correct(reference.epochs))
        ? []
        : ['validation accuracies']),
      ...(String([...tensors.keys()]) === String(names) &&
      names.every((name) => same([...(tensors.get(name) ?? [])], [...(reference.tensors.get(name) ?? [])]))
        ? []
        : ['trained numbers']),
    ];
  }
}

const correct = (epochs: Outcome['epochs']) => epochs.map((epoch) => epoch.correct);
const valLosses = (epochs: Outcome['epochs']) => epochs.map(({ valLoss }) => valLoss);

/** ‖found − wanted‖ / ‖wanted‖ */
export function distance(found: readonly number[], wanted: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const apart = norm(found.map((value, index) => value - (wanted[index] ?? 0)));
  return apart === 0 ? 0 : apart / norm(wanted);
}

/** Imports a folder and waits until the project has it. */
export async function importImages(page: Page, folder: string): Promise<void> {
  await page.locator('button:enabled', { hasText: 'Try the sample' }).waitFor({ timeout: PATIENCE });
  await page.locator('input[webkitdirectory]').setInputFiles(folder);
  await untilSaved(page);
}

export const untilSaved = (page: Page) =>
  page.getByRole('banner').getByText('Saved', { exact: true }).waitFor({ timeout: PATIENCE });

/** Waits for the end of the only run and for its being stored. */
export async function outcomeOf(page: Page): Promise<Outcome> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const [run] = await storedRuns(page);
    if (run && !['queued', 'running', 'interrupted'].includes(run.status)) {
      if (run.status !== 'finished') throw new Error(`The run is ${run.status}.`);
      const { steps, epochs } = run;
      return { seconds: 0, losses: steps.map(({ loss }) => loss), epochs, tensors: await storedModel(page) };
    }
    if (performance.now() > deadline)
      throw new Error(`The run did not end; it is ${run?.status ?? 'missing'}.`);
    await sleep(100);
  }
}

export const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
