/** The command line as a child process: what it prints, what it writes, and its exit codes. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { encode } from 'fast-png';
import { seededRandom } from '../src/core/random';
import { decodeAdapter } from '../src/export/adapter-file';
import { killTune, readResults, tune } from './command';

const SIDE = 72;

let folder = '';

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-'));
  await draw('stripes', ['across', 'down']);
  await draw('one-class', ['only']);
  await mkdir(join(folder, 'nothing', 'inside'), { recursive: true });
});

test.afterEach(() => {
  // Needed only after a test that timed out.
  killTune();
});

test.afterAll(() => rm(folder, { recursive: true, force: true }));

test('compares settings and writes adapters, results, a report and charts', async ({ page }) => {
  const out = join(folder, 'compared');
  const settings = ['--setting', 'linear-probe', '--setting', 'atoms', '--option', 'atoms.m=3'];
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), ...settings, '--epochs', '1', '--memory', '24', '--out', out],
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('Data: stripes, 2 classes, images: 20 training, 4 validation, 1 file left out');
  expect(stdout).toMatch(
    /^Atoms, m = 3: Batch 16 is trained in \d+ micro-batches of \d images? to stay under 24\sMB of memory; the result is the same\. About \d+\sMB\. .*$/m,
  );
  expect(stdout).toMatch(/^.* the linear probe on these 4 validation images\./m);
  expect(stdout).toMatch(
    /^Setting +Validation accuracy \(95\s%\) +Against the linear probe, points +Trainable, backbone \+ head/m,
  );
  expect(stdout).toMatch(/^Linear probe .* 0 \+ 1,026 /m);
  // 16 convolutions of 3×3 and the stem's 7×7, three atoms each: 3·(16·9 + 49).
  expect(stdout).toMatch(/^Atoms, .* 3 .* 579 \+ 1,026 /m);

  expect((await readdir(out)).sort()).toEqual([
    'accuracy-by-bytes.svg',
    'accuracy-by-epoch.svg',
    'accuracy-by-parameters.svg',
    'accuracy-by-seconds.svg',
    'atoms.safetensors',
    'linear-probe.safetensors',
    'loss-by-step.svg',
    'report.html',
    'report.md',
    'results.json',
  ]);
  const report = await readFile(join(out, 'report.md'), 'utf8');
  expect(report).toMatch(/^\| Atoms, m = 3 \| 579 \| 1,026 \| 1 \| [\d.]+\s% \(/m);
  expect(report).toContain('![Validation accuracy per epoch](<accuracy-by-epoch.svg>)');
  const results = await readResults(out);
  expect(results.complete).toBe(true);
  expect(results.engine.isolated, 'the wasm backend may have threads').toBe(true);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const threads = Math.max(1, Math.min(8, Math.floor(cores / 2)));
  expect(results.engine.threads, 'as many as tfjs takes').toBe(threads);
  expect(results.dataset.classes).toEqual([
    { name: 'across', train: 10, val: 2, test: 0 },
    { name: 'down', train: 10, val: 2, test: 0 },
  ]);
  expect(results.dataset.leftOut).toEqual([
    { path: 'stripes/across/broken.png', reason: expect.stringMatching(/\w/) },
  ]);
  expect(results.runs.map(({ setting, outcome }) => [setting, outcome])).toEqual([
    ['linear-probe', 'finished'],
    ['atoms', 'finished'],
  ]);
  const { microBatch = 16, bytes: planned = 0 } = results.runs[1]?.memory ?? {};
  expect(microBatch).toBeLessThan(16);
  expect(planned).toBeLessThan(24e6);
  expect(results.runs[1]).toMatchObject({ config: { epochs: 1, options: { m: 3 } }, last: { total: 4 } });

  const bytes = await readFile(join(out, 'atoms.safetensors'));
  expect(results.runs[1]?.adapter).toEqual({ file: 'atoms.safetensors', bytes: bytes.byteLength });
  const { header, tensors } = decodeAdapter(new Uint8Array(bytes), 'atoms.safetensors');
  expect(header.classes).toEqual(['across', 'down']);
  expect(tensors.get('head.weight')?.shape).toEqual([2, 512]);

  const chart = await readFile(join(out, 'accuracy-by-parameters.svg'), 'utf8');
  expect(chart).toMatch(/^<svg /);
  for (const words of ['stripes, 24 images, split 0', 'Linear probe', 'trainable parameters'])
    expect(chart).toContain(words);
});

test('an adapter of core atoms gives the same logits in PyTorch', async () => {
  const run = promisify(execFile);
  const python = '/usr/bin/python3'; // Debian's python3-torch is for this one
  const hasTorch = await run(python, ['-c', 'import torch, torchvision']).then(
    () => true,
    () => false,
  );
  test.skip(!hasTorch, 'needs PyTorch: apt-get install python3-torch python3-torchvision');
  const out = join(folder, 'core');
  const options = ['--setting', 'core-atoms', '--option', 'core-atoms.r=3', '--epochs', '2'];
  const { code, stderr } = await tune(['--data', join(folder, 'stripes'), ...options, '--out', out]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { stdout } = await run(python, ['core_adapter.py', join(out, 'core-atoms.safetensors')], {
    cwd: 'interop/pytorch',
  });
  expect(stdout).toContain('the check logits differ by');
});

test('repeats the runs of a results file with bit-identical results', async () => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const data = ['--data', join(folder, 'stripes')];
  const settings = ['--setting', 'linear-probe', '--setting', 'atoms', '--epochs', '1', '--seeds', '2'];
  const made = await tune([...data, ...settings, '--backend', 'wasm', '--out', first]);
  expect([made.code, made.stderr]).toEqual([0, '']);
  const file = join(first, 'results.json');
  const again = await tune([...data, '--rerun', file, '--out', second]);
  expect([again.code, again.stderr]).toEqual([0, '']);
  expect(again.stdout.match(/^.*: the same numbers, bit for bit\.$/gm)).toEqual([
    'Linear probe, seed 0: the same numbers, bit for bit.',
    'Atoms, seed 0: the same numbers, bit for bit.',
    'Linear probe, seed 1: the same numbers, bit for bit.',
    'Atoms, seed 1: the same numbers, bit for bit.',
  ]);
  const [before, after] = [await readResults(first), await readResults(second)];
  const numbers = ({ runs }: typeof before) =>
    runs.map(({ name, config, epochs, validation }) => ({
      ...{ name, config, validation },
      epochs: epochs.map(({ seconds: _, ...rest }) => rest),
    }));
  expect(numbers(after)).toEqual(numbers(before));

  await draw('others', ['across', 'down']);
  await writeFile(
    join(folder, 'others', 'down', 'one-more.png'),
    await readFile(join(folder, 'stripes', 'down', '0.png')),
  );
  const changed = join(folder, 'changed.json');
  const [run] = before.runs;
  const epochs = run?.epochs.map((epoch) => ({ ...epoch, valLoss: epoch.valLoss * (1 + 1e-9) }));
  await writeFile(changed, JSON.stringify({ ...before, runs: [{ ...run, epochs }] }));
  const unlike = await tune([...data, '--rerun', changed, '--out', join(folder, 'unlike')]);
  expect([unlike.code, unlike.stderr]).toEqual([1, '']);
  expect(unlike.stdout).toMatch(/^Linear probe, seed 0: the numbers differ: losses\.$/m);
  const refused = join(folder, 'refused');
  const others = await tune(['--data', join(folder, 'others'), '--rerun', file, '--out', refused]);
  expect(others.code).toBe(2);
  expect(others.stderr).toMatch(/^The images differ: the runs used “stripes” .* Nothing was run\.$/m);
  expect(await readdir(folder)).not.toContain('refused');
});

test('uses the first stages of a user’s own backbone at another input size', async () => {
  const [out, weights] = [join(folder, 'own-backbone'), join(folder, 'weights')];
  await mkdir(weights);
  await writeFile(join(weights, 'about.txt'), 'what a download has beside the weights');
  await copyFile('public/backbones/starter-resnet50-w16.safetensors', join(weights, 'model.safetensors'));
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), '--setting', 'linear-probe', '--out', out],
    ...['--backbone', weights, '--stages', '3', '--size', '96'],
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Backbone: weights, first 3 stages, 96 px, 541\sk parameters\.$/m);
  expect((await readResults(out)).backbone).toMatchObject({
    name: 'weights, first 3 stages',
    inputSize: 96,
    stages: { used: 3, inFile: 4 },
    features: 256,
  });
});

test('rejects invalid arguments before anything is started', async () => {
  const sample = ['--sample', 'counting'];
  const notes = join(folder, 'notes.json');
  await writeFile(notes, '{"format": 4}');
  const cases: [args: string[], message: RegExp][] = [
    [[], /^No images were given\. Use --data with a folder/],
    [['--colour', 'red'], /^There is no option --colour\. The options are --data, /],
    [[...sample, '--epochs', 'six'], /^--epochs must be a number, not “six”\.$/],
    [[...sample, '--batch', '2.5'], /^--batch must be a whole number/],
    [[...sample, '--memory', '1'], /^--memory must be from 16 to/],
    [[...sample, '--views', '101'], /^--views must be from 0 to 100/],
    [[...sample, '--stages', '5'], /^--stages must be from 1 to 4, not 5\.$/],
    [[...sample, '--size', '100'], /^--size must be a multiple of 32 from 64 to 448, not “100”\.$/],
    [[...sample, '--backbone', join(folder, 'nowhere')], /nowhere” cannot be read: it does not exist\.$/],
    [
      [...sample, '--backbone', join(folder, 'nothing')],
      /nothing” contains no files\. It needs a weight file/,
    ],
    [['--data', join(folder, 'nowhere')], /nowhere” cannot be read: it does not exist\.$/],
    [['--rerun', join(folder, 'nowhere')], /nowhere” cannot be read: it does not exist\.$/],
    [['--rerun', notes], /^“notes\.json” is not a results file \(createdBy: /],
    [
      ['--rerun', notes, '--epochs', '3'],
      /^--epochs cannot be used with --rerun: the results file sets it\. Remove it/,
    ],
    [['--data', join(folder, 'nothing')], /nothing” contains no files\. It needs one sub-folder per class/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await tune(args);
    expect(stderr.trim()).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  }
});

test('prints the engine’s messages about a setting or the images', async () => {
  const ended = [
    await tune(['--sample', 'counting', '--setting', 'magic']),
    await tune(['--data', join(folder, 'one-class'), '--out', join(folder, 'unwritten')]),
    await tune(['--sample', 'counting', '--backbone', join(folder, 'stripes')]),
  ];
  expect(ended.map(({ code }) => code)).toEqual([2, 2, 2]);
  expect(ended[0]?.stderr).toMatch(
    /^--setting: there is no setting “magic”\. Choose from: linear-probe, atoms/,
  );
  expect(ended[1]?.stderr).toMatch(/^There is only one class, “only”\. [^\n]*\n$/);
  expect(ended[2]?.stderr).toMatch(/^None of these files is a supported weight file\. /);
  expect(await readdir(folder)).not.toContain('unwritten');
});

test('writes the results of the other runs if one fails', async () => {
  const out = join(folder, 'failed');
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), '--setting', 'full', '--setting', 'linear-probe'],
    ...['--lr', 'full=10', '--batch', '4', '--epochs', '3', '--out', out],
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Full tuning: [^\n]* Lower the learning rate \(now 10\)[^\n]*\n$/);
  expect(stdout).toMatch(/^Full tuning \(failed\) /m);
  expect((await readResults(out)).runs.map(({ outcome }) => outcome)).toEqual(['failed', 'finished']);
});

test('says what to change if a setting does not fit into memory, and runs the others', async () => {
  const out = join(folder, 'too-large');
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), '--setting', 'full', '--setting', 'linear-probe'],
    ...['--memory', '40', '--out', out],
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Full tuning: Does not fit: .* the limit is 40\sMB\. Raise the memory cap/);
  expect(stdout).toMatch(/^Linear probe .* 0 \+ 1,026 /m);
  const { runs } = await readResults(out);
  expect(runs.map(({ outcome, problem }) => [outcome, problem?.kind])).toEqual([
    ['failed', 'user'],
    ['finished', undefined],
  ]);
});

test('keeps the best epoch when it is stopped', async () => {
  const out = join(folder, 'stopped');
  const { code } = await tune(
    [
      ...['--data', join(folder, 'stripes'), '--setting', 'full', '--setting', 'linear-probe'],
      ...['--epochs', '400', '--out', out],
    ],
    { stopAfter: /Full tuning · epoch .* loss/ },
  );
  expect(code).toBe(130);
  const results = await readResults(out);
  expect(results.complete).toBe(false);
  expect(results.runs.map(({ setting, outcome }) => [setting, outcome])).toEqual([['full', 'stopped']]);
  expect(await readdir(out)).toContain('full.safetensors');
});

/** Writes a folder of small PNGs, noisy stripes in two directions, twelve per class, and a file that is not an image. */
async function draw(name: string, classes: string[]): Promise<void> {
  const random = seededRandom(7);
  for (const [kind, className] of classes.entries()) {
    const place = join(folder, name, className);
    await mkdir(place, { recursive: true });
    for (let number = 0; number < 12; number++) {
      const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, index) => {
        const pixel = Math.floor(index / 3);
        const along = kind === 0 ? Math.floor(pixel / SIDE) : pixel % SIDE;
        return 40 + 60 * random.uniform() + (Math.floor((along + number) / 8) % 2) * 120;
      });
      await writeFile(join(place, `${number}.png`), encode({ width: SIDE, height: SIDE, channels: 3, data }));
    }
  }
  await writeFile(join(folder, name, classes[0] ?? '', 'broken.png'), 'not an image');
}
