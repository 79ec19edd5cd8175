/** Builds and serves the page for scripts that use it as a visitor does. */
import { type Browser, chromium } from 'playwright';
import { build, preview } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';

/** `address`: that of the page, with a slash at its end. The server is closed after `work`. */
export async function withBuiltAddress<T>(work: (address: string) => Promise<T>): Promise<T> {
  await build({ logLevel: 'warn' });
  const server = await preview({ preview: { host: '127.0.0.1', port: 4190, strictPort: false } });
  try {
    const [address] = server.resolvedUrls?.local ?? [];
    if (!address) throw new Error('The server has no address.');
    return await work(address);
  } finally {
    await server.close();
  }
}

/** With a headless Chromium, which is closed after `work`. */
export async function withBuiltPage(
  work: (browser: Browser, address: string) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_ARGS });
  try {
    await withBuiltAddress((address) => work(browser, address));
  } finally {
    await browser.close();
  }
}
