/** Builds and serves the page, and opens it in a headless Chromium, for scripts that take pictures of it. */
import { type Browser, chromium } from 'playwright';
import { build, preview } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';

/** `address`: that of the page, with a slash at its end. Browser and server are closed after `work`. */
export async function withBuiltPage(
  work: (browser: Browser, address: string) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_ARGS });
  try {
    await build({ logLevel: 'warn' });
    const server = await preview({ preview: { host: '127.0.0.1', port: 4190, strictPort: false } });
    try {
      const [address] = server.resolvedUrls?.local ?? [];
      if (!address) throw new Error('The server has no address.');
      await work(browser, address);
    } finally {
      await server.close();
    }
  } finally {
    await browser.close();
  }
}
