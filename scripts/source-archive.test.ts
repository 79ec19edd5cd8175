import { describe, expect, it } from 'vitest';
import { sourceAddress, sourcePlugin } from './source-archive';

describe('sourceAddress', () => {
  it('is the public repository, as a page can open it', () => {
    expect(sourceAddress('git+https://example.org/atomtune.git')).toBe('https://example.org/atomtune');
  });

  it('archives nothing where there is a public repository', () => {
    expect(sourcePlugin(sourceAddress('https://example.org/atomtune'))).toBeNull();
  });
});
