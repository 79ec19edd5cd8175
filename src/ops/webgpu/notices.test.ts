import { beforeEach, expect, it } from 'vitest';
import { addNotice, forgetNotices, onNotice, readNotices } from './notices';

beforeEach(forgetNotices);

it('reports once for each program that its reference kernel is used', () => {
  const heard: string[] = [];
  onNotice(({ program }) => heard.push(program));
  addNotice('convolution1x1_44_8x8', 'error: f16 is not enabled');
  addNotice('kernelGradient', 'too much workgroup memory');
  addNotice('convolution1x1_44_8x8', 'error: f16 is not enabled');
  expect(heard).toEqual(['convolution1x1_44_8x8', 'kernelGradient']);
  expect(readNotices()[1]).toEqual({ program: 'kernelGradient', reason: 'too much workgroup memory' });
});

it('is empty after a change of device', () => {
  addNotice('kernelGradient', 'too much workgroup memory');
  forgetNotices();
  expect(readNotices()).toEqual([]);
});
