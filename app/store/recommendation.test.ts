import { describe, expect, it } from 'vitest';
import type { SettingSummary } from '../../src/core/setting';
import { type Evidence, recommend } from './recommendation';

const NBSP = '\u00a0';

function setting(id: string, backbone: number, fits = true): SettingSummary {
  const options = id === 'core' ? [{ id: 'r', label: 'r', help: '', default: 8, min: 1, max: 32 }] : [];
  return {
    ...{ id, label: id.toUpperCase(), options, fault: null, trainable: { backbone, head: 100 } },
    ...{ adapterBytes: 4 * (backbone + 100), memory: { fits } },
  } as unknown as SettingSummary; // the fields that the recommendation reads
}
const PROBE = setting('linear-probe', 0);

const EVIDENCE: Evidence = {
  sets: [
    { id: 'a', trainPerClass: 64 },
    { id: 'b', trainPerClass: 32 },
  ],
  settings: [
    { setting: 'core', options: { r: 3 }, gains: { a: 99, b: 99 } },
    { setting: 'core', options: { r: 8 }, gains: { a: 9.8, b: -0.4 } },
    { setting: 'svf', options: {}, gains: { a: 1, b: 2 } },
    { setting: 'full', options: {}, gains: { a: 12, b: 2 } },
  ],
};
const ALL = [PROBE, setting('svf', 3000), setting('core', 10_900), setting('full', 2e6), setting('new', 10)];

describe('the recommended setting', () => {
  it('is the small one with the greatest mean gain at its default options, with what a larger one gained', () => {
    const recommended = recommend(ALL, 64, EVIDENCE);
    expect(recommended?.setting.id).toBe('core');
    expect(recommended?.reason).toBe(
      `In our test on 2 image sets its test accuracy minus that of the linear probe was −0.4 to 9.8 points. That is the highest mean of the settings that train at most 20,000 parameters in the backbone. Its adapter file has at least 44${NBSP}kB. FULL was 2.3 points more accurate on average, with a file of at least 8${NBSP}MB.`,
    );
  });

  it('fits into memory, and is the linear probe if no other does', () => {
    const without = (...ids: string[]) =>
      ALL.map((each) => (ids.includes(each.id) ? setting(each.id, each.trainable.backbone, false) : each));
    expect(recommend(without('core'), 64, EVIDENCE)?.setting.id).toBe('svf');
    expect(recommend(without('full'), 64, EVIDENCE)?.reason).not.toContain('FULL');
    const none = recommend(without('core', 'svf', 'full'), 64, EVIDENCE);
    expect(none).toMatchObject({ setting: PROBE, reason: expect.stringContaining('memory') });
    const faulty = ALL.map((each) => (each.id === 'core' ? { ...each, fault: 'No.' } : each));
    expect(recommend(faulty, 64, EVIDENCE)?.setting.id).toBe('svf');
  });

  it('is compared with the linear probe where there are fewer images than in the test', () => {
    expect(recommend(ALL, 31, EVIDENCE)?.reason).toContain(
      'The sets of the test had at least 32 training images per class. The smallest of your classes has 31, so run the linear probe as well and compare.',
    );
  });

  it('is the linear probe if no small setting gained anything', () => {
    const worse = { ...EVIDENCE, settings: [{ setting: 'svf', options: {}, gains: { a: -1, b: 0 } }] };
    expect(recommend(ALL, 64, worse)).toMatchObject({
      setting: PROBE,
      reason: expect.stringContaining('no small setting'),
    });
  });

  it('is not given without a test', () => {
    expect(recommend(ALL, 64, { sets: [], settings: [] })).toBeNull();
    expect(recommend([], 64, EVIDENCE)).toBeNull();
  });
});
