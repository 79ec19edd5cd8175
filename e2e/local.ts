/** The tests' own `test`: fails if the page sends a request to another host, or if it has an error. */
import { test as base, expect } from '@playwright/test';

interface Fixtures {
  /** Hosts from which the page may fetch files; it may not send data there. */
  mayFetchFrom: string[];
  nothingLeaves: undefined;
}

export const test = base.extend<Fixtures>({
  mayFetchFrom: [[], { option: true }],
  nothingLeaves: [
    async ({ context, page, mayFetchFrom }, use) => {
      const elsewhere: string[] = [];
      const broken: string[] = [];
      context.on('request', (request) => {
        const { protocol, hostname, port } = new URL(request.url());
        if (!['http:', 'https:', 'ws:', 'wss:'].includes(protocol) || hostname === '127.0.0.1') return;
        const isFetch = protocol === 'https:' && port === '' && mayFetchFrom.includes(hostname);
        const sends = request.method() !== 'GET' || request.postDataBuffer() !== null;
        if (!isFetch || sends) elsewhere.push(`${request.method()} ${request.url()}`);
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
