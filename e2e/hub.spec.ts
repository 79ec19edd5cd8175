/**
 * Backbones on the page: downloading, caching, trying and deleting them, and opening files. The hub's addresses are served by a local
 * server.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { encode } from 'fast-png';
import { SOURCES } from '../src/hub/sources';
import { expectAccessible } from './accessible';
import { type Hub, selfSigned, startHub } from './hub-server';
import { test as local, expect as soon } from './local';
import { resnetFixture } from './resnet-fixture';
import { chooseSettings, fill, goTo, openPage, openShared, waitForRun } from './steps';

/** A longer timeout, because opening a backbone is slow on a busy machine. */
const expect = soon.configure({ timeout: 60_000 });

const HOSTS = { hub: 'huggingface.co', cdn: 'cdn-lfs.huggingface.co' };
const [{ id: ID, label: LABEL }] = SOURCES;
const RESNET = resnetFixture(16, 1000);
const BYTES = RESNET.file.length;
const HASH = createHash('sha256').update(RESNET.file).digest('hex');
const OWN = { name: 'own.safetensors', mimeType: '', buffer: Buffer.from(RESNET.file) };
const CLASSES = readFileSync('src/backbone/imagenet-classes.txt', 'utf8').trimEnd().split('\n');

const test = local.extend<object, { hub: Hub }>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright requires this pattern for a fixture without dependencies
    async ({}, use) => {
      const hub = await startHub({
        files: { 'timm/resnet50.tv2_in1k/model.safetensors': RESNET.file },
        tls: selfSigned(HOSTS.hub, HOSTS.cdn),
        hosts: HOSTS,
      });
      await use(hub);
      await hub.close();
    },
    { scope: 'worker' },
  ],
  launchOptions: [
    async ({ launchOptions, hub }, use) => {
      const rules = `MAP ${HOSTS.hub} 127.0.0.1:${hub.ports.hub}, MAP ${HOSTS.cdn} 127.0.0.1:${hub.ports.cdn}`;
      await use({
        ...launchOptions,
        args: [...(launchOptions.args ?? []), `--host-resolver-rules=${rules}`],
      });
    },
    { scope: 'worker' },
  ],
});

test.use({ ignoreHTTPSErrors: true, mayFetchFrom: Object.values(HOSTS) });
test.beforeEach(({ hub }) => hub.behave({}));

test('an interrupted download resumes by itself where it stopped, and the backbone is used', async ({
  page,
  hub,
}) => {
  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(new URL(request.url()).hostname));
  await openBackbones(page);
  hub.behave({ dropsAt: [0.4], bytesPerSecond: 2e6 });
  await button(page, 'Download and use').click();
  await expect(page.getByRole('progressbar', { name: 'Loading the backbone' })).toBeVisible();
  await Promise.all([
    expect(page.getByText(/[\d.]+\sMB of [\d.]+\sMB · [\d.]+\s[kM]B\/s · [\d.]+ s left/)).toBeVisible(),
    expect(page.getByText('Connection lost, retrying')).toBeVisible(),
  ]);
  await expectInUse(page);
  const [first, second, ...more] = hub.requests();
  expect(first).toEqual({ range: null, status: 200 });
  expect(second?.status).toBe(206);
  // The browser loses bytes that it has received but not yet delivered when the connection breaks.
  const from = Number(/^bytes=(\d+)-$/.exec(second?.range ?? '')?.[1]);
  expect(from).toBeLessThanOrEqual(0.4 * BYTES);
  expect(from).toBeGreaterThan(0.3 * BYTES);
  expect(more).toEqual([]);
  expect(asked, 'the engine’s own requests are watched too').toEqual(
    expect.arrayContaining(Object.values(HOSTS)),
  );
  const words = await keptWords(page);
  for (const part of [LABEL, megabytes(BYTES), 'hash verified']) expect(words).toContain(part);
});

test('a file with one flipped bit is rejected and not kept; the next download is used', async ({
  page,
  hub,
}) => {
  await openBackbones(page);
  hub.behave({ flipsBit: true });
  await button(page, 'Download and use').click();
  await expect(page.getByRole('alert')).toContainText(/is damaged: .* It was deleted\. Download it again/);
  await expect(facts(page)).toContainText('Starter');
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  hub.behave({});
  await button(page, 'Download and use').click();
  await expectInUse(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(hub.requests()).toEqual([{ range: null, status: 200 }]);
});

test('a hub that does not answer is given up, and the person goes on with a file or with the starter', async ({
  page,
  hub,
}) => {
  await openBackbones(page);
  hub.behave({ hangsAt: 'pointer' });
  await button(page, 'Download and use').click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('huggingface.co did not answer within 8 seconds');
  await expect(alert).toContainText('The starter stays in use.');
  await expectAccessible(page, 'Backbone, hub not reached');
  const choosing = page.waitForEvent('filechooser');
  await alert.getByRole('button', { name: 'Choose a weight file instead' }).click();
  await (await choosing).setFiles(form('narrow.pth'));
  await expect(facts(page)).toContainText('narrow.pth');

  hub.behave({ hangsAt: 'file' });
  await button(page, 'Download and use').click();
  await expect(alert).toContainText('did not answer within 8 seconds');
  await alert.getByRole('button', { name: 'Go on with the starter' }).click();
  await expect(facts(page)).toContainText('Starter');
  await expect(alert).toHaveCount(0);
});

test('a kept backbone opens without a network until it is deleted', async ({ page, context, hub }) => {
  await download(page);
  await expect(page).toHaveURL(new RegExp(`backbone=${ID}`));
  hub.behave({});
  const asked: string[] = [];
  context.on('request', (request) => asked.push(new URL(request.url()).hostname));
  await page.reload();
  await expectInUse(page);

  await page.goto('/?backend=wasm#backbone');
  await expect(button(page, 'Use')).toBeEnabled();
  await context.setOffline(true);
  await button(page, 'Use').click();
  await expectInUse(page);
  await page.getByLabel('Image to classify').setInputFiles(squareImage());
  await expect(seen(page).getByRole('listitem').filter({ hasText: '%' }).first()).toBeVisible();
  await context.setOffline(false);
  expect(asked.filter((host) => Object.values(HOSTS).includes(host))).toEqual([]);

  await page
    .getByRole('region', { name: 'Stored in this browser' })
    .getByRole('button', { name: 'Storage' })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Storage' });
  await dialog.getByRole('button', { name: `Delete ${LABEL}` }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(dialog.getByRole('region', { name: 'Backbones' })).toContainText('None yet.');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  await expect(facts(page)).toContainText(LABEL);
  await page.reload();
  await expect(
    page.getByText(
      `“${LABEL}” is not stored in this browser. Download it, or choose its file. The starter is`,
    ),
  ).toBeVisible();
  await expect(facts(page)).toContainText('Starter');
});

test('a cancelled download is listed as incomplete and can be resumed', async ({ page, hub }) => {
  await openBackbones(page);
  hub.behave({ bytesPerSecond: 2e6 });
  await button(page, 'Download and use').click();
  await expect(page.getByText(/^[1-9][\d.]*\sMB of/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(button(page, 'Resume download and use')).toBeVisible();
  expect(await keptWords(page)).toContain(`of ${megabytes(BYTES)}, incomplete`);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(facts(page)).toContainText('Starter');

  await page.reload();
  hub.behave({});
  await button(page, 'Resume download and use').click();
  await expectInUse(page);
  const [request, ...more] = hub.requests();
  expect(request).toEqual({ range: expect.stringMatching(/^bytes=[1-9]\d{5,}-$/), status: 206 });
  expect(more).toEqual([]);
  expect(await keptWords(page)).toContain('hash verified');
});

test('a second tab waits for the download of the first and uses it', async ({ page, context, hub }) => {
  const second = await context.newPage();
  await openBackbones(page);
  await openBackbones(second);
  hub.behave({ bytesPerSecond: 2e6 });
  await button(page, 'Download and use').click();
  await expect(page.getByText(/MB of/)).toBeVisible();
  await button(second, 'Download and use').click();
  await expect(second.getByText('Waiting for another tab that downloads the same file')).toBeVisible();
  await expectInUse(page);
  await expectInUse(second);
  expect(hub.requests()).toEqual([{ range: null, status: 200 }]);
});

test('the untuned network classifies an image into ImageNet classes', async ({ page }) => {
  await download(page);
  await useSample(page);
  await goTo(page, 'Backbone');
  await page.getByRole('button', { name: 'Classify my images' }).click();
  const looked = seen(page).getByRole('heading', { level: 4 });
  await expect(looked).toHaveCount(12);
  const classes = (await looked.allInnerTexts()).map((text) => text.replace('your class: ', ''));
  for (const name of new Set(classes)) expect(classes.filter((each) => each === name)).toHaveLength(2);
  const guesses = seen(page).locator('ol > li > span:first-child');
  await expect(guesses).toHaveCount(36);
  for (const guess of await guesses.allInnerTexts()) expect(CLASSES).toContain(guess);

  await page.getByLabel('Image to classify').setInputFiles(squareImage());
  await expect(looked.filter({ hasText: 'square.png' })).toBeVisible();
  await expect(guesses).toHaveCount(41);
  expect(await keptWords(page)).toContain(LABEL);
  await expectAccessible(page, 'Backbone, one kept and looked through');

  await page.getByLabel('Stages').selectOption({ label: '3, through conv4_x' });
  await expect(page.getByText('not all of its stages are used')).toBeVisible();
});

test('a download kept in fp16 takes half the space and works', async ({ page }) => {
  await openBackbones(page);
  await page.getByLabel('Store downloads in fp16').check();
  await button(page, 'Download and use').click();
  await expect(facts(page)).toContainText(LABEL);
  const words = await keptWords(page);
  expect(words).toMatch(/fp16 .* hash verified/);
  const size = Number(/([\d.]+)\sMB, fp16/.exec(words)?.[1]) * 1e6;
  // Batch norm parameters are not converted.
  expect(size / BYTES).toBeGreaterThan(0.5);
  expect(size / BYTES).toBeLessThan(0.53);
  await page.reload();
  await expect(facts(page)).toContainText(LABEL);
  await page.getByLabel('Image to classify').setInputFiles(squareImage());
  await expect(seen(page).locator('ol li')).toHaveCount(5);
});

test('files without weights are rejected; all formats of weight files are opened', async ({ page }) => {
  await openBackbones(page);
  await file(page).setInputFiles('package.json');
  await expect(page.getByRole('alert')).toContainText('package.json');
  await expect(facts(page)).toContainText('Starter');

  await file(page).setInputFiles(form('narrow.pth'));
  await expect(facts(page)).toContainText('narrow.pth');
  await expect(facts(page)).toContainText(/Features\s*32/);
  await expect(page.getByRole('alert')).toHaveCount(0);

  await file(page).setInputFiles(['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'].map(form));
  await expect(facts(page)).toContainText('model.json');
  await expect(facts(page)).toContainText(/Features\s*32/);
  await page.getByLabel('Stages').selectOption({ label: '1, through conv2_x' });
  await expect(facts(page)).toContainText(/Features\s*16/);
});

test('a checkpoint with several networks: the page says which is used, and another can be chosen', async ({
  page,
}) => {
  await openBackbones(page);
  const notices = page.getByRole('list', { name: 'Notices on the weights' });
  await expect(notices).toHaveCount(0);
  await file(page).setInputFiles(form('checkpoint.pth'));
  await expect(notices).toContainText('Used: “state_dict_ema”');
  await expect(notices).toContainText('objects of __main__.Options');
  const hash = facts(page).getByText(/^[0-9a-f]{12}…$/);
  const averaged = (await hash.textContent()) ?? '';
  expect(averaged).not.toBe('');
  await page.getByLabel('Network in the file').selectOption('state_dict.module');
  await expect(notices).toContainText('Used: “state_dict.module” (as chosen)');
  await expect(notices).toContainText('rounded to 32 bits');
  await expect(facts(page)).not.toContainText(averaged);
  await expectAccessible(page, 'Backbone, of a checkpoint with several networks');
});

test('choosing a backbone ends the decomposition of the previous one', async ({ page }) => {
  await openPage(page, '?backend=wasm');
  await goTo(page, 'Backbone');
  await expect(page.getByRole('progressbar', { name: 'Decomposition' })).toBeVisible();
  await file(page).setInputFiles(form('narrow.pth'));
  await expect(facts(page)).toContainText('narrow.pth');
  await expect(
    page
      .getByRole('region', { name: 'Stage conv3_x' })
      .filter({ has: page.getByRole('region', { name: 'Layer layer2.3.conv2' }) }),
  ).toContainText('8 → 8 channels');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a user’s own file is tuned at the chosen size and with the chosen stages', async ({ page }) => {
  await openPage(page, '?backend=wasm');
  await useSample(page);
  await goTo(page, 'Backbone');
  await file(page).setInputFiles(OWN);
  const choose = async () => {
    await expect(facts(page)).toContainText(OWN.name);
    await page.getByLabel('Stages').selectOption({ label: '3, through conv4_x' });
    await expect(facts(page)).toContainText(new RegExp(`Features\\s*${RESNET.features / 2}`));
    await page.getByLabel('Input size').selectOption('96');
    await expect(page.getByRole('link', { name: /Backbone/ })).toContainText('96 × 96 input');
  };
  await choose();
  await expect(page.getByRole('link', { name: /Data/ })).toContainText('240 images');

  await goTo(page, 'Tune');
  await chooseSettings(page, ['Linear probe', 'Atoms']);
  await openShared(page);
  await fill(page, 'Epochs', 1);
  await page.getByRole('button', { name: 'Run 2 settings' }).click();
  for (const name of ['Linear probe', 'Atoms']) await waitForRun(page, name, 150_000);

  const models = page.getByRole('list', { name: 'Models' });
  const box = models.getByRole('checkbox', { name: 'Atoms' });
  const elsewhere = `This model belongs to another backbone. Choose ${OWN.name}, first 3 stages, 96 px on Backbone to use it.`;
  await goTo(page, 'Backbone');
  await page.getByRole('button', { name: /Use the starter/ }).click();
  await expect(facts(page)).toContainText('Starter');
  await goTo(page, 'Use');
  await expect(models.getByText(elsewhere)).toHaveCount(2);
  await expect(box).toBeDisabled();

  await goTo(page, 'Backbone');
  // The images are read again at the starter's input size.
  await expect(page.getByRole('button', { name: 'Choose a weight file' })).toBeEnabled();
  await file(page).setInputFiles(OWN);
  await choose();
  await goTo(page, 'Use');
  await expect(models.getByText(elsewhere)).toHaveCount(0);
  await expect(box).toBeChecked();
  await page.getByLabel('Images to classify').setInputFiles(squareImage());
  await expect(page.getByRole('region', { name: 'Prediction of Atoms' }).getByRole('listitem')).toHaveCount(
    6,
  );
});

const form = (name: string) => `src/backbone/weight-forms/${name}`;
const file = (page: Page): Locator => page.getByLabel('Weight file', { exact: true });

async function openBackbones(page: Page): Promise<void> {
  await openPage(page, '?backend=wasm');
  await goTo(page, 'Backbone');
  await expect(page.getByText('Nothing yet.')).toBeVisible();
}

async function download(page: Page): Promise<void> {
  await openBackbones(page);
  await button(page, 'Download and use').click();
  await expectInUse(page);
}

/** The hub's file is the backbone in use, under the hub's name. */
async function expectInUse(page: Page): Promise<void> {
  await expect(facts(page)).toContainText(LABEL);
  await expect(facts(page)).toContainText(RESNET.parameters.toLocaleString('en'));
  await expect(facts(page)).toContainText(new RegExp(`Features\\s*${RESNET.features}`));
  await expect(facts(page)).toContainText(
    'resize to 232 px, crop 224 px, bilinear (this backbone’s own; trained at 176 px)',
  );
  await expect(facts(page)).toContainText(`${HASH.slice(0, 12)}…`);
}

async function useSample(page: Page): Promise<void> {
  await goTo(page, 'Data');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
}

const button = (page: Page, action: string): Locator =>
  page.getByRole('button', { name: `${action}: ${LABEL}`, exact: true });
const facts = (page: Page): Locator => page.getByLabel('Backbone facts');
/** What the dialog of all that is stored says of the backbones. */
async function keptWords(page: Page): Promise<string> {
  await page
    .getByRole('region', { name: 'Stored in this browser' })
    .getByRole('button', { name: 'Storage' })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Storage' });
  const words = await dialog.getByRole('region', { name: 'Backbones' }).innerText();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  return words;
}

const seen = (page: Page): Locator => page.getByRole('list', { name: 'Predictions' });

/** Formatted as on the page, in three digits. */
const megabytes = (bytes: number) => `${Number((bytes / 1e6).toPrecision(3))}\u00a0MB`;

/** 96×96: a light square on a dark ground. */
function squareImage() {
  const data = new Uint8Array(96 * 96 * 3).fill(40);
  for (let y = 20; y < 50; y++) data.fill(220, (y * 96 + 30) * 3, (y * 96 + 60) * 3);
  const buffer = Buffer.from(encode({ width: 96, height: 96, data, channels: 3 }));
  return { name: 'square.png', mimeType: 'image/png', buffer };
}
