import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { drawStripes } from './draw-stripes';
import { expect } from './local';
import { goTo, openPage } from './steps';

/** Opens the page with stripes as its data, on the Tune step. Returns their folder, which the caller removes. */
export async function tuneOnStripes(page: Page, search: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  drawStripes(folder);
  await openPage(page, search);
  await page.locator('input[webkitdirectory]').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  await goTo(page, 'Tune');
  return folder;
}
