import { describe, expect, it } from 'vitest';
import { network } from '../backbone/layout';
import { seededRandom } from '../core/random';
import type { MemoryPlan } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { METHODS, methodById } from '../methods';
import { planMemory } from './memory-plan';
import { settingSummary } from './setting-summary';

/** The part of ResNet-50 that `?stages=2` uses. */
const TWO_STAGES = network({ baseWidth: 16, blocks: [3, 4], strideIn1x1: false });
const RUN = {
  ...{
    network: TWO_STAGES,
    inputSize: 64,
    classes: 5,
    batchSize: 16,
    augmentation: 'none' as const,
    views: 0,
  },
  images: { train: 100, val: 20 },
};

const summary = (id: string, options: SettingOptions) => {
  const method = methodById(id);
  return settingSummary(
    method,
    options,
    TWO_STAGES,
    5,
    async (options): Promise<MemoryPlan> =>
      planMemory(
        { ...RUN, method, options },
        { backend: 'wasm', precision: 'single', budget: 2e9, buffer: 2e9, storage: 0 },
      ),
  );
};

describe('the summary of a setting', () => {
  it('names the invalid option and the stages of the backbone, and is computed with the default instead', async () => {
    const faulty = await summary('atoms', { from: 3, m: 6 });
    expect(faulty.fault).toBe('Atoms: “Train from stage” must be from 0 to 2, not 3.');
    const { fault, ...plain } = await summary('atoms', { m: 6 });
    expect(fault).toBeNull();
    expect(faulty).toMatchObject(plain);
    expect((await summary('atoms', { from: 2 })).fault).toBeNull();
    expect(plain.options.find(({ id }) => id === 'from')?.max).toBe(2);
  });

  it('is given for every setting with any URL parameters, with a fault exactly if a value is invalid', async () => {
    const random = seededRandom(1);
    const VALUES = [Number.NaN, -1e9, -1, 0, 0.5, 1, 2, 3, 4, 8, 9, 24.5, 64, 257, 1e6, 1e9];
    for (const method of METHODS) {
      for (let round = 0; round < 40; round++) {
        const { options } = await summary(method.id, {});
        const chosen = Object.fromEntries(
          options.map(({ id }) => [id, VALUES[random.integer(VALUES.length)] ?? 0]),
        );
        const possible = options.every(({ id, min, max, choices }) => {
          const value = chosen[id] ?? Number.NaN;
          const inBounds = Number.isInteger(value) && value >= min && value <= max;
          return inBounds && (choices === undefined || choices.some((choice) => choice.value === value));
        });
        const { fault, memory, trainable } = await summary(method.id, chosen);
        expect(fault === null, `${method.id} ${JSON.stringify(chosen)}: ${fault}`).toBe(possible);
        expect(Number.isSafeInteger(memory.bytes) && Number.isSafeInteger(trainable.backbone)).toBe(true);
      }
    }
  });
});
