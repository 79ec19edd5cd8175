import { describe, expect, it } from 'vitest';
import { convolutions, network } from '../backbone/layout';
import { methodById } from '../methods';
import { parameterTable } from './parameters';

const RESNET50 = network({ baseWidth: 64, blocks: [3, 4, 6, 3], strideIn1x1: false });

function counted(id: string, options: Record<string, number>, classes = 100) {
  const { backbone, head } = parameterTable(
    methodById(id),
    options,
    convolutions(RESNET50),
    RESNET50.features,
    classes,
  );
  return { backbone, head };
}

describe('ResNet-50 trains as many numbers as the method says (METHOD §3)', () => {
  it('has 53 convolutions, 17 of them larger than one pixel, and 2,048 features', () => {
    expect(convolutions(RESNET50)).toHaveLength(53);
    expect(convolutions(RESNET50).filter(({ kernel }) => kernel > 1)).toHaveLength(17);
    expect(RESNET50.features).toBe(2048);
  });

  it.each([
    [6, 1158],
    [9, 1737],
    [12, 2316],
  ])('atoms, m = %i', (m, expected) => {
    expect(counted('atoms', { m })).toEqual({ backbone: expected, head: 204_900 });
  });

  it.each([
    [1, 112_723],
    [4, 450_892],
    [8, 901_784],
    [16, 1_803_568],
  ])('LoRA, r = %i', (r, expected) => {
    expect(counted('lora', { r }).backbone).toBe(expected);
  });

  it('linear probe and full tuning', () => {
    expect(counted('linear-probe', {}).backbone).toBe(0);
    // 23,508,032 with batch norm's 2 × 26,560 affine numbers, which stay frozen here.
    expect(counted('full', {}).backbone).toBe(23_508_032 - 2 * 26_560);
  });
});
