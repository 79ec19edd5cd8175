import { describe, expect, it } from 'vitest';
import { UserError } from '../src/core/user-error';
import { EngineFault } from '../src/engine-fault';
import { Bug } from './bug';
import { codeOf, endOf } from './exit-code';

const BUG = 'This is a bug in atomtune; please report it with these details:\n';

describe('an error', () => {
  it('that the person can correct is printed unchanged, with code 2', () => {
    expect(endOf(new UserError('No images.'))).toEqual({ code: 2, text: 'No images.\n' });
  });

  it('of the device is printed with its details, with code 1', () => {
    const fault = new EngineFault('device-lost', 'The GPU was lost.', 'device.lost (unknown)', true);
    expect(endOf(fault)).toEqual({ code: 1, text: 'The GPU was lost.\ndevice.lost (unknown)\n' });
  });

  it('by which the person ended the work is not printed, with code 130', () => {
    expect(endOf(new DOMException('Stopped.', 'AbortError'))).toEqual({ code: 130, text: '' });
  });

  it('of the program asks for a report with its stack or details, with code 1', () => {
    const error = new TypeError('x is not a function');
    expect(endOf(error)).toEqual({ code: 1, text: `${BUG}${error.stack}\n` });
    expect(endOf(new Bug('broken', 'the page’s own stack'))).toEqual({
      code: 1,
      text: `${BUG}the page’s own stack\n`,
    });
    expect(endOf('thrown text')).toEqual({ code: 1, text: `${BUG}thrown text\n` });
    expect(endOf(new DOMException('Full.', 'QuotaExceededError')).code).toBe(1);
  });
});

describe('runs', () => {
  const run = (role: 'search' | 'final', status: 'finished' | 'failed' | 'stopped') => ({ role, status });

  it('succeeded if all compared runs finished', () => {
    expect(codeOf([run('final', 'finished'), run('final', 'finished')], false)).toBe(0);
    expect(codeOf([], false)).toBe(0);
  });

  it('failed if one of them did not finish', () => {
    expect(codeOf([run('final', 'finished'), run('final', 'failed')], false)).toBe(1);
    expect(codeOf([run('final', 'stopped')], false)).toBe(1);
  });

  it('may fail in a search: a rate may be too high', () => {
    expect(codeOf([run('search', 'failed'), run('final', 'finished')], false)).toBe(0);
  });

  it('were stopped, however they ended', () => {
    expect(codeOf([run('final', 'failed')], true)).toBe(130);
    expect(codeOf([run('final', 'finished')], true)).toBe(130);
  });
});
