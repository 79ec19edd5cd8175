/**
 * Records what the page of states shows: `npm run record-states` uses the page with its real engine and writes
 * app/states/recorded.json. The page is served from its sources, so that the recording can read the session.
 */
import { writeFile } from 'node:fs/promises';
import { chromium, type Page } from 'playwright';
import { createServer } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../../e2e/chromium';

const FILE = new URL('../../app/states/recorded.json', import.meta.url);
/** As the server has it. */
const RECORDING = '/scripts/states/recording.ts';
/** The file is part of the repository and of the built page. */
const MOST_BYTES = 500_000;

const server = await createServer({ server: { host: '127.0.0.1', port: 4191 }, logLevel: 'warn' });
try {
  await server.listen();
  const [address] = server.resolvedUrls?.local ?? [];
  if (!address) throw new Error('The server has no address.');
  const withoutWebgpu = CHROMIUM_ARGS.filter((each) => !/webgpu|vulkan/i.test(each));
  const failed = await inPage(`${address}?backend=webgpu`, withoutWebgpu, (page) =>
    page.evaluate(async (path) => (await import(path)).failedStart() as Promise<unknown>, RECORDING),
  );
  const text = await inPage(`${address}?settings=linear-probe,atoms,lora&epochs=4`, CHROMIUM_ARGS, (page) =>
    page.evaluate(
      async ([path, startFailed]) => (await import(path)).record(startFailed) as Promise<string>,
      [RECORDING, failed] as const,
    ),
  );
  if (text.length > MOST_BYTES)
    throw new Error(`The recording has ${text.length} bytes, more than ${MOST_BYTES}.`);
  await writeFile(FILE, text);
  console.log(`app/states/recorded.json: ${(text.length / 1000).toFixed(0)} kB`);
} finally {
  await server.close();
}

async function inPage<T>(address: string, args: string[], work: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({ executablePath: requireChromium(), args });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    return await work(page);
  } finally {
    await browser.close();
  }
}
