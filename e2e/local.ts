/** The tests' own `test`: every one of them fails when the page asks anything of another host, or breaks. */
import { test as base, expect } from '@playwright/test';

export const test = base.extend<{ nothingLeaves: undefined }>({
  nothingLeaves: [
    async ({ context, page }, use) => {
      const elsewhere: string[] = [];
      const broken: string[] = [];
      context.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && hostname !== '127.0.0.1')
          elsewhere.push(request.url());
      });
      page.on('pageerror', (error) => broken.push(String(error)));
      await use(undefined);
      expect(elsewhere, 'requests to other hosts').toEqual([]);
      expect(broken, 'errors in the page').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';
