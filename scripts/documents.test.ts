import { dirname, join, normalize } from 'node:path/posix';
import { describe, expect, it } from 'vitest';
import { documents } from './documents';

const files = documents();
const paths = files.map(({ path }) => path);

describe('the help that the page serves', () => {
  it('has the documents that the page links to', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'help/README.html',
        'help/LICENSE.txt',
        'help/docs/method.html',
        'help/docs/core-atoms.html',
        'help/public/backbones/README.html',
      ]),
    );
  });

  it('links only to what is served, and to other sites', () => {
    for (const { path, type, contents } of files) {
      if (type !== 'text/html') continue;
      for (const [, target = ''] of String(contents).matchAll(/(?:href|src)="([^"]*)"/g)) {
        if (/^(?:https?:|#)/.test(target)) continue;
        const [file = ''] = target.split('#');
        expect(paths, `${path} links to ${target}`).toContain(normalize(join(dirname(path), file)));
      }
    }
  });
});
