import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random';
import { UserError } from '../../src/core/user-error';
import { deleteInProject } from '../../src/files/project-folder';
import { recorded } from '../states/recorded';
import { connectFake, INFO } from '../store/fake-engine';
import type { RunRecord } from '../store/run-record';
import { read, write } from '../store/session';
import { DEFAULT_CONFIGURATION } from '../store/url';
import { deleteRecords, readStored } from './database';
import { continueInterrupted, parseProject, projectToOpen, showProject } from './opening';
import { runFixtures, storedProject } from './project-fixture';
import { datasetSchema, modelSchema, runSchema } from './schema';

const ID = 'opening-test';
afterEach(async () => {
  await deleteRecords(ID);
  await deleteInProject(ID);
});

describe('the schema', () => {
  it('has every field of recorded runs, models and images', () => {
    const runs = [...recorded.running.runs, ...recorded.finished.runs, ...recorded.diverged.runs];
    expect(runs.length).toBeGreaterThan(5);
    for (const run of runs) {
      const whole: RunRecord = {
        ...run,
        startedOn: run.startedOn ?? null,
        resumedAfter: run.resumedAfter ?? null,
        mostAtOnce: run.mostAtOnce ?? null,
      };
      expect(runSchema.parse(whole)).toEqual({ ...whole, phase: null, secondsLeft: null });
    }
    for (const { summary, chosen } of recorded.finished.models)
      expect(modelSchema.parse({ summary, chosen })).toEqual({ summary, chosen });
    for (const { dataset } of [recorded.imported, recorded.untidy])
      expect(datasetSchema.parse(dataset)).toEqual(dataset);
  });
});

describe('a stored project', () => {
  it('comes back as it was; a run that trained is interrupted and continues on the same backend', async () => {
    const stored = await storedProject(ID);
    expect(await readStored(ID)).toMatchObject({ header: stored.header });
    connectFake();
    await showProject(ID);
    const [finished, running, queued] = runFixtures();
    expect(read().runs).toEqual([finished, { ...running, status: 'interrupted', secondsLeft: null }, queued]);
    expect(read().models).toMatchObject([{ summary: finished?.model, chosen: true, kept: true }]);
    expect(read().project).toMatchObject({ id: ID, name: 'made', readOnly: false });
    write({ engine: { status: 'ready', info: { ...INFO, backend: 'webgpu' } } });
    continueInterrupted();
    expect(read().runs[1]?.status).toBe('interrupted');
    write({ resuming: ['run-2'], engine: { status: 'ready', info: INFO } });
    continueInterrupted();
    expect(read().runs[1]?.status).toBe('queued');
  });

  it('is opened with an address that says nothing or the same, and with no other', async () => {
    await storedProject(ID);
    const other = { ...DEFAULT_CONFIGURATION, atomCount: 5 };
    expect(await projectToOpen('', DEFAULT_CONFIGURATION)).toBe(ID);
    expect(await projectToOpen('?x', DEFAULT_CONFIGURATION)).toBe(ID);
    expect(await projectToOpen('?atoms=5', other)).toBeNull();
  });

  it('opens without a run that it cannot read, which is named and stays stored', async () => {
    const { header, parts } = await storedProject(ID);
    const changed = parts.map((part) =>
      part.id === 'run-3' && part.kind === 'run'
        ? { ...part, value: { ...(part.value as object), setting: 'magic' } }
        : part,
    );
    const { session } = parseProject({ header, parts: changed });
    expect(session.runs.map(({ id }) => id)).toEqual(['run-1', 'run-2']);
    expect(session.unreadable).toEqual([{ name: 'Atoms 3', why: expect.stringContaining('setting') }]);
  });

  it('says which version it is of where that is newer', async () => {
    const { header, parts } = await storedProject(ID);
    const newer = { header: { ...(header as object), version: 99 }, parts };
    expect(() => parseProject(newer)).toThrow('version 99; this one reads up to 1');
  });

  it('is read or refused with a sentence, whatever of its records is changed: 1,000 mutations', async () => {
    const stored = await storedProject(ID);
    const random = seededRandom(3);
    const ends = { whole: 0, parts: 0, refused: 0 };
    for (let trial = 0; trial < 1000; trial++) {
      const mutated = structuredClone(stored);
      // The rest of a part is the key of its record.
      for (let change = 0; change <= random.integer(3); change++) {
        const part = mutated.parts[random.integer(2 * mutated.parts.length)];
        mutate(part ? { value: part.value } : { header: mutated.header }, random);
      }
      try {
        const { session } = parseProject(mutated);
        ends[session.unreadable.length > 0 ? 'parts' : 'whole']++;
      } catch (error) {
        expect(error, `trial ${trial}`).toBeInstanceOf(UserError);
        ends.refused++;
      }
    }
    for (const end of ['whole', 'parts', 'refused'] as const) expect(ends[end], end).toBeGreaterThan(20);
  });
});

const STRANGE = [null, -1, 0.5, Number.NaN, '', 'x', [], {}, true, 1e300, undefined];

/** Replaces, removes or adds a value somewhere. */
function mutate(value: unknown, random: ReturnType<typeof seededRandom>): void {
  if (typeof value !== 'object' || value === null) return;
  const keys = Object.keys(value);
  const key = keys[random.integer(Math.max(1, keys.length))];
  if (key === undefined) return;
  const inside = value as Record<string, unknown>;
  if (typeof inside[key] === 'object' && inside[key] !== null && random.uniform() < 0.85)
    mutate(inside[key], random);
  else if (random.uniform() < 0.2) delete inside[key];
  else inside[key] = STRANGE[random.integer(STRANGE.length)];
}
