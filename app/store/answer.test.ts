import { describe, expect, it } from 'vitest';
import { imagesToShow } from '../../src/statistics/power';
import { wilson } from '../../src/statistics/wilson';
import { resultsFixture, runFixture } from '../report/result-fixtures';
import { comparedRun } from '../report/results';
import { answer } from './answer';
import { compare } from './comparison';

/** Runs on `images` images of two classes, of which those with the given indices are classified correctly. */
function runs(
  images: number,
  right: Record<string, (image: number) => boolean>,
  on: 'validation' | 'test' = 'validation',
) {
  const targets = Array.from({ length: images }, (_, image) => image % 2);
  return Object.entries(right).map(([setting, isRight]) => {
    const predictions = {
      targets,
      predicted: targets.map((target, image) => (isRight(image) ? target : 1 - target)),
    };
    const run = runFixture(setting, 0, { validation: predictions, test: on === 'test' ? predictions : null });
    return comparedRun({ ...run, name: setting }, resultsFixture().dataset);
  });
}

const answerTo = (...given: Parameters<typeof runs>) => answer(compare(runs(...given)));

describe('the answer', () => {
  it('is missing without a finished run', () => {
    expect(answer(compare([]))).toBeNull();
  });

  it('states one run and asks for what is missing', () => {
    expect(answerTo(40, { lora: (i) => i < 30 })?.replaceAll('\u00a0', ' ')).toBe(
      `lora: 75.0 % (${(100 * wilson(30, 40).low).toFixed(1)}–${(100 * wilson(30, 40).high).toFixed(1)} %) on 40 validation images. Run the linear probe as well: it shows what tuning the backbone adds.`,
    );
    expect(answerTo(40, { 'linear-probe': () => true })).toMatch(/Run another setting to see whether tuning/);
  });

  it('states balanced accuracy beside what always predicting the largest class would reach', () => {
    const targets = Array.from({ length: 40 }, (_, image) => (image < 30 ? 0 : 1));
    const largest = { targets, predicted: targets.map(() => 0) };
    const runOf = (setting: string) => ({
      ...runFixture(setting, 0, { validation: largest, test: null }),
      name: setting,
    });
    const found = (...settings: string[]) =>
      answer(compare(settings.map((each) => comparedRun(runOf(each), resultsFixture().dataset))));
    const baseline =
      /The classes are unbalanced, .* largest class would reach 50\.0\s%, although it is right on 75\.0\s% of the images\.$/;
    expect(found('lora')).toMatch(/^lora: balanced accuracy 50\.0\s% \(/);
    expect(found('lora')).toMatch(baseline);
    expect(found('linear-probe', 'lora')).toMatch(/^lora is not shown to be better/);
    expect(found('linear-probe', 'lora')).toMatch(baseline);
  });

  it('names the settings that beat the probe, the largest difference first', () => {
    const words = answerTo(
      200,
      { 'linear-probe': (i) => i < 100, lora: (i) => i < 130, full: (i) => i < 160, atoms: (i) => i < 103 },
      'test',
    );
    expect(words).toMatch(
      /^Better than the linear probe on these 200 test images: full by 30\.0 points \(95\s% interval [\d.]+ to [\d.]+, p\s< 0\.001\) and lora by 15\.0 points \(.*, p\s< 0\.001\)\.$/,
    );
    expect(words).not.toContain('atoms');
  });

  it('says that settings which beat the probe are not shown to differ', () => {
    const words = answerTo(200, {
      'linear-probe': (i) => i < 100,
      lora: (i) => i < 140,
      full: (i) => i < 141,
    });
    expect(words).toMatch(/No difference between these settings is shown\.$/);
  });

  it('says that none beats the probe, and how many images would show a difference', () => {
    // 12 of 100 images are discordant.
    const words = answerTo(100, { 'linear-probe': (i) => i < 50, lora: (i) => i >= 5 && i < 57 });
    const needed = imagesToShow(0.05, 0.12, 0.05);
    expect(words).toBe(
      `lora is not shown to be better than the linear probe on these 100 validation images. About ${Number(needed.toPrecision(2))} would be needed to see a difference of 5 points.`,
    );
  });

  it('says that there are enough images where that is so', () => {
    const words = answerTo(2000, { 'linear-probe': (i) => i < 1000, lora: (i) => i >= 10 && i < 1012 });
    expect(words).toMatch(/They would show a difference of 5 points in four of five cases\.$/);
  });

  it('says which settings are worse than the probe', () => {
    const words = answerTo(100, { 'linear-probe': (i) => i < 80, lora: (i) => i < 40, full: (i) => i < 81 });
    expect(words).toMatch(
      /^No setting is shown to be better than the linear probe on these 100 validation images\./,
    );
    expect(words).toMatch(/Worse than the linear probe: lora by 40\.0 points \(.*\)\.$/);
  });

  it('compares the settings with each other without the probe', () => {
    expect(answerTo(100, { lora: (i) => i < 40, full: (i) => i < 80 })).toMatch(
      /^full has the highest accuracy on these 100 validation images\. Shown to be worse: lora by 40\.0 points/,
    );
    expect(answerTo(100, { lora: (i) => i < 40, full: (i) => i < 41 })).toMatch(
      /^No setting is shown to differ on these 100 validation images\. /,
    );
  });

  it('does not say that nothing differs where only the best setting is not shown to', () => {
    // The best and the worst differ on 80 images, 50 to 30; the second is right wherever the worst is.
    const words = answerTo(100, {
      full: (i) => i < 70,
      lora: (i) => i >= 31,
      atoms: (i) => i >= 50,
    });
    expect(words).toMatch(
      /^On these 100 validation images, lora is better than atoms by 19\.0 points \(.*, p\s< 0\.001\)\. No difference from full, which has the highest accuracy, is shown\.$/,
    );
  });

  it('compares the other settings if none has a seed in common with the probe', () => {
    const [lora, full] = runs(100, { lora: (i) => i < 40, full: (i) => i < 80 });
    const [probe] = runs(100, { 'linear-probe': (i) => i < 50 });
    if (!lora || !full || !probe) throw new Error('There are three runs.');
    const elsewhere = { ...probe, config: { ...probe.config, seed: 7 } };
    expect(answer(compare([elsewhere, lora, full]))).toMatch(/^full has the highest accuracy/);
  });

  it('counts the pairs: more of them need more images', () => {
    const three = {
      'linear-probe': (i: number) => i < 50,
      lora: (i: number) => i < 51,
      full: (i: number) => i < 52,
    };
    const { 'linear-probe': probe, lora } = three;
    const number = (words: string | null) =>
      Number(/About ([\d,]+) /.exec(words ?? '')?.[1]?.replace(',', ''));
    expect(number(answerTo(100, three))).toBeGreaterThan(
      number(answerTo(100, { 'linear-probe': probe, lora })),
    );
  });
});
