/** `npm run icons`: draws the icons of the installed page from public/favicon.svg. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';
import { ICONS, type IconFile } from './icon-files';

const PUBLIC = fileURLToPath(new URL('../public/', import.meta.url));
const SVG = readFileSync(`${PUBLIC}favicon.svg`, 'utf8');
/** The background reaches beyond what is cropped; the picture is inside the circle of 80 % that every system shows. */
const MASKABLE = { background: /<rect [^>]*fill="([^"]+)"/.exec(SVG)?.[1] ?? 'none', part: 0.75 };

async function draw(browser: Browser, { file, side, purpose }: IconFile): Promise<void> {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  const { background, part } = purpose === 'maskable' ? MASKABLE : { background: 'none', part: 1 };
  await page.setContent(
    `<style>body { margin: 0; display: grid; place-items: center; height: 100vh; background: ${background} }
    svg { width: ${side * part}px }</style>${SVG}`,
  );
  await page.screenshot({ path: `${PUBLIC}${file}`, omitBackground: true });
  await page.close();
}

const browser = await chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_ARGS });
try {
  for (const icon of ICONS) await draw(browser, icon);
} finally {
  await browser.close();
}
