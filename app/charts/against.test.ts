import { describe, expect, it } from 'vitest';
import type { Accuracy, Arm } from '../store/comparison';
import { fileRows } from '../ui/columns';
import { csv } from '../ui/csv';
import { AGAINST, againstColumns, frontOf, paperPoints, pointsOf } from './against';
import { citation, PAPER_SERIES, type PaperSeries } from './paper-points';

const scored = (mean: number, images = 40): Accuracy => ({
  ...{ mean, interval: { low: mean - 0.1, high: mean + 0.1 } },
  ...{ images, unbalanced: null },
});

const arm = (name: string, given: Partial<Arm>): Arm => ({
  ...{ key: name, name, symbol: '', setting: name, style: 1, runs: [] },
  ...{ parameters: 1000, trainable: { backbone: 0, head: 1000 }, seconds: 10, adapterBytes: 4000 },
  ...{ validation: scored(0.5), test: null, ...given },
});

const PROBE = arm('Linear probe', { parameters: 1026, seconds: 2, validation: scored(0.6) });
const ATOMS = arm('Atoms', { parameters: 2565, seconds: 30, validation: scored(0.9), style: 2 });
const LORA = arm('LoRA', { parameters: 50_000, seconds: 20, validation: scored(0.8) });
const arms = [LORA, PROBE, ATOMS];

const [series] = PAPER_SERIES;
const SERIES: PaperSeries = series ?? { id: '', data: '', points: [] };

describe('pointsOf', () => {
  it('gives each setting a point in the given order, against what was asked for', () => {
    const points = pointsOf({ arms, scoredOn: 'validation' }, AGAINST.seconds);
    expect(points.map(({ name, x, accuracy }) => [name, x, accuracy])).toEqual([
      ['LoRA', 20, 0.8],
      ['Linear probe', 2, 0.6],
      ['Atoms', 30, 0.9],
    ]);
  });

  it('marks the front, which depends on the cost', () => {
    const front = (cost: keyof typeof AGAINST) =>
      frontOf(pointsOf({ arms, scoredOn: 'validation' }, AGAINST[cost])).map(({ name }) => name);
    expect(front('parameters')).toEqual(['Linear probe', 'Atoms']);
    expect(front('seconds')).toEqual(['Linear probe', 'LoRA', 'Atoms']);
    expect(front('bytes')).toEqual(['Atoms']);
  });

  it('counts on the test images where the comparison does', () => {
    const tested = { ...ATOMS, test: scored(0.7, 25) };
    const [point] = pointsOf({ arms: [tested], scoredOn: 'test' }, AGAINST.parameters);
    expect(point).toMatchObject({ accuracy: 0.7, counted: { images: 25, on: 'test', isBalanced: false } });
  });

  it('leaves out what was counted on no image or has no place on a logarithmic axis', () => {
    const none = [arm('a', { validation: scored(0, 0) }), arm('b', { adapterBytes: 0 })];
    expect(pointsOf({ arms: none, scoredOn: 'validation' }, AGAINST.bytes)).toEqual([]);
  });
});

describe('the paper’s points', () => {
  it('are said to be the paper’s by name, source and style, and are on no front', () => {
    for (const each of PAPER_SERIES) {
      expect(each.points).toHaveLength(4);
      for (const point of paperPoints(each)) {
        expect(point).toMatchObject({ style: null, front: false, interval: null, source: citation(each) });
        expect(point.name).toContain('paper');
      }
    }
  });

  it('stand in the CSV under the settings, with their source', () => {
    const points = [...pointsOf({ arms: [ATOMS], scoredOn: 'validation' }, AGAINST.parameters)];
    const all = [...points, ...paperPoints(SERIES)];
    const text = csv(fileRows(againstColumns(AGAINST.parameters, all), all));
    const lines = text.split('\r\n');
    expect(lines[0]).toBe(
      'setting,trainable_parameters,accuracy,low,high,images,counted_on,runs,pareto_front,source',
    );
    expect(lines[1]).toBe('Atoms,2565,0.9,0.8,1,40,validation,0,true,these runs');
    expect(lines[2]).toBe(
      'Full (paper),87670000,0.7214,,,,,,,"Chen et al., ICLR 2025: VTAB-1k mean with ConvNeXt-B"',
    );
    expect(lines).toHaveLength(7);
  });
});
