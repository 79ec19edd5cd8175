import { describe, expect, it } from 'vitest';
import { convolutions, network } from '../backbone/layout';
import { UserError } from '../core/user-error';
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

describe('the trainable parameters of ResNet-50 agree with docs/method.md §3', () => {
  it('53 convolutions, 17 of them larger than 1×1, and 2,048 features', () => {
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

  it.each([
    [1, 79_443],
    [4, 317_772],
    [8, 635_544],
    [16, 1_271_088],
  ])('LoRA as in PEFT, r = %i', (r, expected) => {
    expect(counted('lora-peft', { r }).backbone).toBe(expected);
  });

  // 16 3×3 kernels of 9 positions, a 7×7 one of 9, 36 1×1 ones: 189·r². The first layer has three input channels.
  it.each([
    [2, 189 * 4],
    [3, 189 * 9],
    [8, 180 * 64 + 9 * 9],
    [16, 180 * 256 + 9 * 9],
  ])('core atoms, r = %i', (r, expected) => {
    expect(counted('core-atoms', { r }).backbone).toBe(expected);
  });

  it.each([1, 6, 15])('LoRA-XS, r = %i', (r) => {
    expect(counted('lora-xs', { r }).backbone).toBe(53 * r ** 2);
  });

  it('SVF: the smaller side of every kernel as a matrix', () => {
    const stages = [3 * 3 * 64 + 64, 4 * 3 * 128 + 256, 6 * 3 * 256 + 512, 3 * 3 * 512 + 1024];
    expect(counted('svf', {}).backbone).toBe(stages.reduce((sum, stage) => sum + stage, 64));
  });

  it.each([
    [1, 14_056],
    [4, 28_576],
  ])('coefficient atoms of rank %i on the layout of the starter and of ResNet-50', (rank, expected) => {
    // 1×1 kernels: 16·16 each. The first: 36 atoms of 4·49 numbers; 3×3 ones: 144 atoms of 144 numbers.
    expect(36 * 256 + rank * (36 + 196) + 16 * rank * (144 + 144)).toBe(expected);
    expect(counted('coefficient-atoms', { m: 9, kc: 4, rank }).backbone).toBe(expected);
  });

  it.each([
    [2, 71_496],
    [3, 107_244],
    [4, 142_992],
  ])('overcomplete atoms, m = 9, m₁ = %i', (m1, expected) => {
    expect(counted('overcomplete-atoms', { m: 9, m1 }).backbone).toBe(expected);
  });

  it.each([
    [6, 1374],
    [9, 2061],
    [12, 2748],
  ])('atoms on all 53 convolutions, m = %i', (m, expected) => {
    expect(counted('atoms', { m, layers: 1 }).backbone).toBe(expected);
  });

  it.each([
    [2, 409_680],
    [3, 614_520],
    [4, 819_360],
  ])('overcomplete atoms on all 53 convolutions, m = 9, m₁ = %i', (m1, expected) => {
    expect(counted('overcomplete-atoms', { m: 9, m1, layers: 1 }).backbone).toBe(expected);
  });

  it.each([
    { kc: 2, uncapped: 27_684, capped: 23_076, spatial: 22_500 },
    { kc: 4, uncapped: 421_776, capped: 348_048, spatial: 338_832 },
    { kc: 8, uncapped: 6_663_744, capped: 5_484_096, spatial: 5_336_640 },
  ])('coefficient atoms, m = 9, kc = $kc', ({ kc, uncapped, capped, spatial }) => {
    expect(counted('coefficient-atoms', { kc, capped: 0 }).backbone).toBe(uncapped);
    expect(counted('coefficient-atoms', { kc }).backbone).toBe(capped);
    expect(counted('coefficient-atoms', { kc, layers: 0 }).backbone).toBe(spatial);
  });

  it('all atoms: overcomplete atoms on kernels larger than 1×1, and block atoms on all', () => {
    expect(counted('all-atoms', {}).backbone).toBe(107_244 + 348_048);
    expect(counted('all-atoms', { layers: 0 }).backbone).toBe(107_244 + 338_832);
  });

  it('LoRA without 1×1 kernels: r·k²·(c_in + c_out) for each of the others', () => {
    const spatial = convolutions(RESNET50).filter(({ kernel }) => kernel > 1);
    const expected = spatial.reduce((sum, { kernel, cIn, cOut }) => sum + 4 * kernel ** 2 * (cIn + cOut), 0);
    expect(counted('lora', { r: 4, layers: 0 }).backbone).toBe(expected);
  });

  it.each([
    [0, 1737],
    [1, 16 * 9 * 9],
    [2, 13 * 9 * 9],
    [3, 9 * 9 * 9],
    [4, 3 * 9 * 9],
  ])('atoms from stage %i on: nine atoms of nine numbers for each 3 × 3 kernel', (from, expected) => {
    expect(counted('atoms', { m: 9, from })).toEqual({ backbone: expected, head: 204_900 });
  });

  it('LoRA and full tuning from stage 4 on', () => {
    const first = 1024 + 512 + 9 * (512 + 512) + (512 + 2048) + (1024 + 2048);
    const other = 2048 + 512 + 9 * (512 + 512) + (512 + 2048);
    expect(counted('lora', { r: 4, from: 4 }).backbone).toBe(4 * (first + 2 * other));
    // torchvision's layer4 has 14,964,736 parameters including those of batch norm, which are frozen here.
    const batchNorm = 2 * (512 + 512 + 2048 + 2048 + 2 * (512 + 512 + 2048));
    expect(counted('full', { from: 4 }).backbone).toBe(14_964_736 - batchNorm);
  });

  it('a stage that the backbone does not have is rejected with a message', () => {
    for (const from of [5, 2.5, -1])
      expect(() => counted('lora', { from })).toThrow(
        new UserError(
          `LoRA cannot train from stage ${from}: this backbone has the stages 1 to 4. Choose one of them, or 0 for all layers.`,
        ),
      );
    expect(counted('linear-probe', { from: 9 }).backbone).toBe(0);
  });

  it('BitFit and SSF: one and two parameters for each of 26,560 output channels', () => {
    expect(counted('bitfit', {}).backbone).toBe(26_560);
    expect(counted('scale-and-shift', {}).backbone).toBe(2 * 26_560);
  });

  it('linear probe and full tuning', () => {
    expect(counted('linear-probe', {}).backbone).toBe(0);
    // 23,508,032 includes batch norm's 2 × 26,560 affine parameters, which are frozen here.
    expect(counted('full', {}).backbone).toBe(23_508_032 - 2 * 26_560);
  });
});
