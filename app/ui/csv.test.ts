import { describe, expect, it } from 'vitest';
import { csv } from './csv';

describe('csv', () => {
  it('quotes what RFC 4180 says must be quoted', () => {
    expect(csv([['plain', 'a,b', 'say "hi"', 'two\nlines', '']])).toBe(
      'plain,"a,b","say ""hi""","two\nlines",\r\n',
    );
  });

  it('disarms names that a spreadsheet would run as a formula', () => {
    expect(csv([['=1+1', '+1', '-1', '@sum', '\tx', '=HYPERLINK("http://x")']])).toBe(
      `'=1+1,'+1,'-1,'@sum,'\tx,"'=HYPERLINK(""http://x"")"\r\n`,
    );
  });

  it('keeps numbers numbers, negative ones too, and leaves out what is none', () => {
    expect(csv([[-0.5, 1e-7, 2565, Number.NaN]])).toBe('-0.5,1e-7,2565,\r\n');
  });

  it('ends every row', () => {
    expect(csv([['a'], ['b']])).toBe('a\r\nb\r\n');
  });
});
