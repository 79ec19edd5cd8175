/** Frozen stages: what the page says about them, and the frozen-feature cache. */
import { expect, test } from './local';
import { fill, focusSetting, goTo, openPage, openShared, waitForRun } from './steps';

test('frozen features are computed once and cached, in a file if memory is short', async ({ page }) => {
  await openPage(page, '?backend=wasm&settings=atoms&option.atoms.from=4&epochs=1&augmentation=none');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  await goTo(page, 'Tune');
  const atoms = await focusSetting(page, 'Atoms');
  await expect(atoms.getByLabel('Train from stage')).toHaveValue('4');
  // Nine atoms of 3 × 3 in each of three layers.
  await expect(atoms).toContainText('243 in 3 layers');
  await expect(atoms).toContainText(
    /activations of the frozen stages \([\d.]+\sMB\) are computed once and cached\./,
  );
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms, train from stage 4', 120_000);

  await goTo(page, 'Tune');
  await focusSetting(page, 'Atoms');
  await atoms.getByLabel('Train from stage').fill('3');
  await openShared(page);
  await page.getByRole('button', { name: 'More hyperparameters' }).click();
  await page.getByLabel('Augmentation').selectOption('flips');
  await expect(atoms).not.toContainText('computed once and cached');
  await fill(page, 'Views per image', 4);
  await fill(page, 'Memory cap, MB', 36);
  await expect(page).toHaveURL(/views=4/);
  await expect(atoms).toContainText(
    /activations of the frozen stages \(\d+\sMB\) are computed once and cached in a file\./,
  );
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  const files = () =>
    page.evaluate(async () => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('kept between steps');
      let bytes = 0;
      // Only the cache's files are in this folder.
      for await (const folder of root.values())
        for await (const file of (folder as FileSystemDirectoryHandle).values())
          bytes += (await (file as FileSystemFileHandle).getFile()).size;
      return bytes;
    });
  await waitForRun(page, 'Atoms, train from stage 3', 120_000);
  // Each image has 8 × 8 pixels of 512 / 4 channels.
  expect((await files()) % (4 * 8 * 8 * 128)).toBe(0);
  expect(await files()).toBeGreaterThan(1e6);
  await goTo(page, 'Data');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect.poll(files).toBe(0);
});
