import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHART_NAMES } from '../app/report/report';
import { type Results, resultsSchema } from '../app/report/results';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { type Configuration, DEFAULT_CONFIGURATION } from '../app/store/url';
import { UserError } from '../src/core/user-error';
import { EngineFault } from '../src/engine-fault';
import { Bug } from './bug';
import { HELP } from './choices';
import { type Surroundings, tune } from './command';
import type { AskedRun, OpenedProject, RunRecord } from './messages';
import {
  BACKBONE,
  DATA,
  DEVICE_LOST,
  ENGINE,
  ended,
  finished,
  MEMORY,
  NO_MEMORY,
  type PageFixture,
  PROJECT,
  pageFixture,
} from './page-fixture';

const WEBGPU = { ...ENGINE, backend: 'webgpu' } as const;

let folder = '';
let out = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-'));
  out = join(folder, 'out');
});
/** What a command registers for the end of the process. */
let ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await rm(folder, { recursive: true });
});

/** The command with a fixture in place of the browser page; `stop` sends it a signal, a second after the previous one. */
function command(page: PageFixture | Error = pageFixture(), given: Partial<Surroundings> = {}) {
  const signals = new EventEmitter();
  const written = { stdout: '', stderr: '', left: [] as number[], opened: 0 };
  let now = 0;
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    columns: 80,
    write: (text: string | Uint8Array) => {
      written[name] += text;
      return true;
    },
  });
  const around: Surroundings = {
    ...{ stdout: stream('stdout'), stderr: stream('stderr'), signals },
    ...{ startedAt: new Date('2025-01-31T14:23:05Z'), clock: () => now },
    leave: (code) => written.left.push(code),
    onExit: (clean) => void ends.push(clean),
    openHeadless: async () => {
      written.opened++;
      if (page instanceof Error) throw page;
      return page;
    },
    ...given,
  };
  return {
    written,
    run: (...typed: string[]) => tune(typed, around),
    stop: () => {
      now += 1000;
      signals.emit('SIGINT');
    },
  };
}

const readResults = async (from = out): Promise<Results> =>
  resultsSchema.parse(JSON.parse(await readFile(join(from, 'results.json'), 'utf8')));
const outcomes = ({ runs }: Results) => runs.map(({ name, outcome }) => [name, outcome]);
const both = () => ['--sample', 'counting', '--setting', 'linear-probe', '--setting', 'atoms', '--out', out];
const names = (page: PageFixture) =>
  page.asked.flatMap(([call, run]) => (call === 'train' ? [(run as AskedRun).name] : []));

describe('before anything is started', () => {
  it('prints the help', async () => {
    const { run, written } = command();
    expect(await run('--help')).toBe(0);
    expect(written).toEqual({ stdout: HELP, stderr: '', left: [], opened: 0 });
  });

  it.each([
    [['--sample', 'counting', '--epochs', 'six'], '--epochs must be a number, not “six”.'],
    [['--data', '/no/such/folder'], '“/no/such/folder” cannot be read: it does not exist.'],
    [
      ['--sample', 'counting', '--backbone', '/no/such/file'],
      '“/no/such/file” cannot be read: it does not exist.',
    ],
    [['--rerun', '/no/such/results.json'], '“/no/such/results.json” cannot be read: it does not exist.'],
    [
      ['--sample', 'counting', '--setting', 'magic'],
      '--setting: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full, lora-xs, svf, coefficient-atoms, overcomplete-atoms, all-atoms, lora-peft, bitfit, scale-and-shift.',
    ],
    [
      ['--sample', 'counting', '--setting', 'lora', '--option', 'lora.rank=4'],
      '--option lora.rank: “lora” has only lora.r, lora.alpha, lora.layers, lora.from.',
    ],
    [
      ['--sample', 'counting', '--setting', 'lora', '--sweep', 'lora.r=4,0'],
      '--sweep lora.r must be from 1 to 64, not 0.',
    ],
    [
      ['--sample', 'counting', '--setting', 'lora', '--option', 'lora.from=4', '--stages', '2'],
      '--option lora.from must be from 0 to 2, not 4.',
    ],
  ])('refuses wrong input with code 2: %j', async (typed, said) => {
    const { run, written } = command();
    expect(await run(...typed)).toBe(2);
    expect(written).toEqual({ stdout: '', stderr: `${said}\n`, left: [], opened: 0 });
  });

  it('leaves no partial line on a terminal before an error', async () => {
    const stdout: string[] = [];
    const { run } = command(pageFixture(), {
      stdout: { isTTY: true, columns: 80, write: (text) => stdout.push(String(text)) > 0 },
      openHeadless: async (onReport) => {
        const phase = { label: 'Starting', done: 0, total: 1 };
        onReport({
          run: null,
          phase,
          epoch: 0,
          epochs: 0,
          loss: null,
          imagesPerSecond: 0,
          secondsLeft: null,
        });
        throw new UserError('No Chromium was found.');
      },
    });
    await run(...both());
    expect(stdout).toEqual(['\r\u001b[2KStarting 0 %', '\r\u001b[2K']);
  });

  it('says what to do if there is no browser', async () => {
    const { run, written } = command(new UserError('No Chromium was found.'));
    expect(await run(...both())).toBe(2);
    expect(written.stderr).toBe('No Chromium was found.\n');
  });
});

describe('--inspect', () => {
  it('prints classes and split, trains nothing and writes nothing', async () => {
    const page = pageFixture();
    const { run, written } = command(page);
    expect(await run(...both(), '--inspect')).toBe(0);
    expect(page.calls()).toEqual(['start', 'settings', 'importSample', 'close']);
    expect(written.stdout).toMatch(
      /^Class +Training +Validation +Test\na +10 +10 +0\nb +10 +10 +0\nSplit: /m,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('of weights only ends after them', async () => {
    const weights = join(folder, 'weights.pth');
    await writeFile(weights, '');
    const page = pageFixture();
    const { run, written } = command(page);
    expect(await run('--inspect', '--backbone', weights)).toBe(0);
    expect(page.calls()).toEqual(['start', 'choose', 'useBackbone', 'close']);
    expect(written.stdout).toMatch(/^Backbone: /m);
  });
});

describe('a comparison', () => {
  it('calls the page’s functions in order, and closes it', async () => {
    const page = pageFixture();
    expect(await command(page).run(...both(), '--seed', '3', '--test-part', '0.2', '--preset', 'vtab')).toBe(
      0,
    );
    expect(page.calls()).toEqual([
      ...['start', 'settings', 'importSample', 'settings', 'environment', 'plan'],
      ...['train', 'exportAdapter', 'train', 'exportAdapter'],
      ...CHART_NAMES.map(() => 'chart'),
      ...['figures', 'close'],
    ]);
    expect(page.asked[0]).toEqual(['start', 'auto']);
    expect(page.asked[2]).toEqual([
      'importSample',
      'counting',
      { seed: 3, testPart: 0.2, preset: 'vtab', reading: {} },
    ]);
    expect(names(page)).toEqual(['Linear probe', 'Atoms']);
  });

  it('gives folders and files to the page, the backbone first', async () => {
    const [data, weights] = [join(folder, 'flowers'), join(folder, 'weights.pth')];
    await mkdir(join(data, 'a'), { recursive: true });
    await writeFile(join(data, 'a', '1.png'), '');
    await writeFile(weights, '');
    const page = pageFixture();
    const typed = ['--data', data, '--backbone', weights, '--stages', '3', '--size', '96'];
    expect(await command(page).run(...typed, '--setting', 'atoms', '--out', out)).toBe(0);
    expect(page.asked.slice(0, 6)).toEqual([
      ['start', 'auto'],
      ['choose', 'backbone', { kind: 'file', path: weights }],
      ['useBackbone', 3, 96],
      ['settings', expect.anything()],
      ['choose', 'data', { kind: 'folder', path: data }],
      ['importFiles', { seed: 0, testPart: 0, preset: 'whole', reading: {} }],
    ]);
    expect((await readResults()).backbone).toMatchObject({ id: 'own', inputSize: 96, stages: { used: 3 } });
  });

  it('uses the starter in another form if no weights are given', async () => {
    const page = pageFixture();
    await command(page).run(...both(), '--size', '96');
    expect(page.asked.slice(0, 2)).toEqual([
      ['start', 'auto'],
      ['useBackbone', null, 96],
    ]);
  });

  it('prints the engine, the backbone, the data, how each run ended, and what was written', async () => {
    const { run, written } = command();
    await run(...both());
    expect(written.stderr).toBe('');
    const [about = '', words, table = '', files = ''] = written.stdout
      .replaceAll('\u00a0', ' ')
      .split('\n\n');
    expect(about.split('\n')).toEqual([
      'Backend: WebAssembly, 2 threads. No WebGPU.',
      'Backbone: Starter, 64 px, 1.48 M parameters.',
      'Data: flowers, 2 classes, images: 20 training, 20 validation.',
      'Classes: a (20), b (20).',
      'Linear probe: About 21 MB of memory. And 9 MB for the rest.',
      'Atoms: About 21 MB of memory. And 9 MB for the rest.',
      'Linear probe: finished, validation accuracy 75.0 % at the best epoch, 60 of 60, 3.0 s.',
      'Atoms: finished, validation accuracy 75.0 % at the best epoch, 10 of 10, 3.0 s.',
    ]);
    expect(words).toMatch(
      /^Atoms is not shown to be better than the linear probe on these 20 validation images\./,
    );
    expect(table.split('\n').map((line) => line.split('  ')[0])).toEqual([
      'Setting',
      expect.stringMatching(/^─+$/),
      'Linear probe',
      'Atoms',
    ]);
    expect(files).toBe(
      `Written to ${out}: linear-probe.safetensors (23 B), atoms.safetensors (16 B), report.html, report.md, results.json, ` +
        `${CHART_NAMES.map((name) => `${name}.svg`).join(', ')}.\n`,
    );
  });

  it('writes an adapter for each run, results, reports and charts', async () => {
    await command().run(...both());
    expect((await readdir(out)).toSorted()).toEqual(
      [
        ...['atoms.safetensors', 'linear-probe.safetensors', 'report.html', 'report.md', 'results.json'],
        ...CHART_NAMES.map((name) => `${name}.svg`),
      ].toSorted(),
    );
    const results = await readResults();
    expect(results).toMatchObject({
      ...{ format: 5, createdBy: { name: 'atomtune' }, madeAt: '2025-01-31T14:23:05.000Z', complete: true },
      ...{ engine: ENGINE, environment: { browser: 'A browser', tfjs: '4.22.0' } },
      backbone: { id: 'starter', hash: BACKBONE.hash },
      dataset: { hash: DATA.hash, sample: 'counting' },
      charts: CHART_NAMES.map((name) => `${name}.svg`),
    });
    expect(results.runs.map(({ setting, adapter }) => [setting, adapter])).toEqual([
      ['linear-probe', { file: 'linear-probe.safetensors', bytes: 'adapter of Linear probe'.length }],
      ['atoms', { file: 'atoms.safetensors', bytes: 'adapter of Atoms'.length }],
    ]);
    expect(await readFile(join(out, 'atoms.safetensors'), 'utf8')).toBe('adapter of Atoms');
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('Tuning report: flowers');
  });

  it('writes the results so far before each run, marked as incomplete', async () => {
    const seen: unknown[] = [];
    const train = async (asked: AskedRun) => {
      const text = await readFile(join(out, 'results.json'), 'utf8').catch(() => null);
      const results = text === null ? null : resultsSchema.parse(JSON.parse(text));
      seen.push(results && { complete: results.complete, runs: outcomes(results) });
      return finished(asked);
    };
    await command(pageFixture({ train })).run(...both(), '--setting', 'lora');
    expect(seen).toEqual([
      null,
      { complete: false, runs: [['Linear probe', 'finished']] },
      {
        complete: false,
        runs: [
          ['Linear probe', 'finished'],
          ['Atoms', 'finished'],
        ],
      },
    ]);
  });

  it('shows progress, and programs that do not compile', async () => {
    const page = pageFixture();
    const openHeadless: Surroundings['openHeadless'] = async (onReport, onNotice) => {
      const phase = { label: 'Starting', done: 1, total: 2 };
      onReport({ run: null, phase, epoch: 0, epochs: 0, loss: null, imagesPerSecond: 0, secondsLeft: null });
      onNotice({ program: 'conv 3×3', reason: 'No f16.' });
      return page;
    };
    const { run, written } = command(page, { openHeadless });
    await run(...both());
    expect(written.stdout).toMatch(
      /^Starting 50 %\nThe optimized GPU kernel conv 3×3 .* No f16\.\nBackend: /,
    );
  });

  it('prints no memory for a run that does not fit', async () => {
    const { run, written } = command(
      pageFixture({ plan: (configs) => configs.map((_, place) => ({ ...MEMORY, fits: place !== 0 })) }),
    );
    await run(...both());
    expect(written.stdout).not.toContain('Linear probe: About');
    expect(written.stdout).toContain('Atoms: About');
  });

  it('uses the results of the searches', async () => {
    const page = pageFixture({
      train: (asked) => finished(asked, asked.config.learningRate === 0.0009 ? 18 : 12),
    });
    await command(page).run('--sample', 'counting', '--setting', 'atoms', '--find-rates', '--out', out);
    expect(names(page).at(-1)).toBe('Atoms, learning rate 0.0009');
  });

  it('compares the final runs, and lists the searches', async () => {
    const page = pageFixture();
    const { run, written } = command(page);
    expect(await run('--sample', 'counting', '--setting', 'atoms', '--find-rates', '--out', out)).toBe(0);
    expect(written.stdout).toContain('6 runs, 5 of them search runs.');
    const results = await readResults();
    expect(results.runs.map(({ role }) => role)).toEqual([...Array(5).fill('search'), 'final']);
    // Searches keep no model.
    expect(results.runs.filter(({ adapter }) => adapter)).toHaveLength(1);
    expect(written.stdout.split('\n\n')[2]?.split('\n')).toHaveLength(3);
  });
});

describe('--project', () => {
  let zip = '';
  beforeEach(async () => {
    zip = join(folder, 'p.zip');
    await writeFile(zip, 'the zip before');
  });
  const configuration: Configuration = {
    ...DEFAULT_CONFIGURATION,
    ...{ backend: 'wasm', splitSeed: 7, testPart: 0.2, preset: 'vtab', settings: ['atoms'] },
    hyperparameters: { ...DEFAULT_HYPERPARAMETERS, epochs: 4, seed: 3 },
  };
  const paged = (given: Partial<OpenedProject> = {}, answers: Parameters<typeof pageFixture>[0] = {}) =>
    pageFixture({
      openProject: () => ({ ...PROJECT, configuration, ...given }),
      ...answers,
    });

  it('gives images, split, settings and hyperparameters, and prints what it has', async () => {
    const page = paged();
    const { run, written } = command(page);
    expect(await run('--project', zip, '--seed', '5', '--out', out)).toBe(0);
    expect(page.calls()).toEqual([
      ...['choose', 'openProject', 'start', 'settings', 'importKept', 'settings', 'environment', 'plan'],
      ...['train', 'exportAdapter'],
      ...CHART_NAMES.map(() => 'chart'),
      ...['figures', 'close'],
    ]);
    expect(page.asked[0]).toEqual(['choose', 'project', { kind: 'file', path: zip }]);
    expect(page.asked[2]).toEqual(['start', 'wasm']);
    expect(page.asked[4]).toEqual(['importKept', { seed: 7, testPart: 0.2, preset: 'vtab' }]);
    expect(page.asked.find(([call]) => call === 'train')?.[1]).toMatchObject({
      ...{ name: 'Atoms', config: { epochs: 4, seed: 5 } },
    });
    expect(written.stdout).toMatch(/^Project: flowers, 40 images, 2 runs, 1 model\.\nBackend: /);
    expect(await readdir(out)).toContain('atoms.safetensors');
    expect(await readFile(zip, 'utf8')).toBe('the zip before');
  });

  it('is inspected without training', async () => {
    const page = paged();
    const { run, written } = command(page);
    expect(await run('--project', zip, '--inspect', '--out', zip)).toBe(0);
    expect(page.calls()).toEqual(['choose', 'openProject', 'start', 'settings', 'importKept', 'close']);
    expect(written.stdout).toMatch(/^Class +Training/m);
    expect(await readdir(folder)).toEqual(['p.zip']);
  });

  it('is used without what cannot be read, which is named', async () => {
    const unreadable = [{ name: 'Atoms 3', why: 'setting: this version has no such setting.' }];
    const { run, written } = command(pageWriting(paged({ unreadable }), (path) => writeFile(path, '')));
    expect(await run('--project', zip, '--out', zip)).toBe(0);
    expect(written.stdout).toContain(
      '“Atoms 3” in the project cannot be read: setting: this version has no such setting. It stays in the zip as it is.\n',
    );
  });

  it('needs the weights of a backbone that is not the starter, and refuses others', async () => {
    const backbone = { ...BACKBONE, name: 'ResNet-50 A1', hash: 'feed', key: 'feed at 96', inputSize: 96 };
    const backboneChoice: OpenedProject['backboneChoice'] = {
      ...{ source: { kind: 'hub', id: 'a1', keepAs: 'original' }, stages: null, inputSize: null },
    };
    const without = command(paged({ backbone, backboneChoice }));
    expect(await without.run('--project', zip)).toBe(2);
    expect(without.written.stderr).toBe(
      'The project uses the backbone “ResNet-50 A1”, whose weights are not in the zip. Give them with --backbone.\n',
    );
    const weights = join(folder, 'weights.pth');
    await writeFile(weights, '');
    const own = { ...backbone, id: 'own', name: 'weights' };
    const page = paged({ backbone, backboneChoice }, { useBackbone: () => own });
    expect(await command(page).run('--project', zip, '--backbone', weights, '--out', out)).toBe(0);
    expect(page.asked.find(([call]) => call === 'useBackbone')).toEqual(['useBackbone', null, 96]);
    const other = command(
      paged(
        { backbone, backboneChoice },
        { useBackbone: () => ({ ...own, hash: 'dead', key: 'dead at 96' }) },
      ),
    );
    expect(await other.run('--project', zip, '--backbone', weights)).toBe(2);
    expect(other.written.stderr).toBe(
      'The backbone differs: the project uses “ResNet-50 A1” (SHA-256 feed, input size 96), this is “weights” (SHA-256 dead, input size 96). Give the weights of the project with --backbone. Nothing was run.\n',
    );
  });

  it.each([
    [['--setting', 'lora', '--option', 'atoms.m=3'], '“atoms” has options but is not run.'],
    [['--setting', 'magic'], '--setting: there is no setting “magic”.'],
  ])('refuses %j as without one, and starts no engine', async (typed, said) => {
    const page = paged();
    const { run, written } = command(page);
    expect(await run('--project', zip, ...typed)).toBe(2);
    expect(written.stderr).toContain(said);
    expect(page.calls()).toEqual(['choose', 'openProject', 'close']);
  });

  it('that is no zip of a project is refused with the page’s sentence; a folder before it is opened', async () => {
    const { run, written } = command(
      paged(
        {},
        {
          openProject: () => {
            throw new UserError('“p.zip” is not a project: it has no project.json.');
          },
        },
      ),
    );
    expect(await run('--project', zip)).toBe(2);
    expect(written.stderr).toBe('“p.zip” is not a project: it has no project.json.\n');
    const inFolder = command();
    expect(await inFolder.run('--project', folder)).toBe(2);
    expect(inFolder.written).toMatchObject({
      ...{ stderr: `“${folder}” is a folder. --project takes a project’s zip.\n`, opened: 0 },
    });
  });

  it('written to its own file has the new runs after each of them', async () => {
    const page = paged();
    const { run, written } = command(
      pageWriting(page, (path, times) => writeFile(path, `written ${times} times`)),
    );
    expect(await run('--project', zip, '--seeds', '2', '--out', zip)).toBe(0);
    expect(page.calls().slice(8)).toEqual(['train', 'saveProject', 'train', 'saveProject', 'close']);
    expect(await readFile(zip, 'utf8')).toBe('written 2 times');
    expect(await readdir(folder)).toEqual(['p.zip']);
    expect(written.stdout).toMatch(
      /\n\nWritten to .*p\.zip: the project, with 2 new runs\. Open it in the page with Projects, “Import a project”\.\n$/,
    );
  });

  it('stays as it was if it cannot be written', async () => {
    const { run, written } = command(
      pageWriting(paged(), async (path) => {
        await writeFile(path, 'hal');
        throw new UserError(`“${path}” cannot be written: the disk is full.`);
      }),
    );
    expect(await run('--project', zip, '--out', zip)).toBe(2);
    expect(written.stderr).toMatch(/cannot be written: the disk is full\.\n$/);
    expect(await readFile(zip, 'utf8')).toBe('the zip before');
    expect(await readdir(folder)).toEqual(['p.zip']);
  });
});

/** The page, whose project `write` writes; `times`: how often it was written. */
function pageWriting(page: PageFixture, write: (path: string, times: number) => Promise<void>): PageFixture {
  let times = 0;
  const saveProject: PageFixture['saveProject'] = async (path) => {
    await page.saveProject(path);
    await write(path, ++times);
  };
  return { ...page, saveProject };
}

describe('--out FILE.zip', () => {
  const sample = () => ['--sample', 'counting', '--setting', 'atoms'];

  it('makes a project of new data, with the choices', async () => {
    const page = pageFixture();
    const file = join(folder, 'new', 'p.zip');
    const writing = pageWriting(page, (path) => writeFile(path, 'a zip'));
    const typed = ['--seed', '4', '--epochs', '2', '--test-part', '0.1', '--backend', 'wasm', '--seeds', '2'];
    expect(await command(writing).run(...sample(), ...typed, '--out', file)).toBe(0);
    const calls = page.calls();
    expect(calls.slice(calls.indexOf('makeProject'))).toEqual([
      ...['makeProject', 'environment', 'plan', 'train', 'saveProject', 'train', 'saveProject', 'close'],
    ]);
    expect(page.asked.find(([call]) => call === 'makeProject')?.[1]).toEqual({
      ...{ backend: 'wasm', sample: 'counting', splitSeed: 4, testPart: 0.1, preset: 'whole', atomCount: 9 },
      settings: ['atoms'],
      hyperparameters: { ...DEFAULT_HYPERPARAMETERS, epochs: 2, seed: 4 },
      sweep: { seeds: 2, values: {}, findRates: null, halving: false },
    });
    expect(await readdir(join(folder, 'new'))).toEqual(['p.zip']);
    expect(await readFile(file, 'utf8')).toBe('a zip');
  });

  it('has every run so far after each of them, and is written no more where none ended', async () => {
    const file = join(folder, 'p.zip');
    let stop = () => {};
    const seen: (string | null)[] = [];
    const page = pageFixture({
      train: async (asked) => {
        seen.push(await readFile(file, 'utf8').catch(() => null));
        if (asked.name.endsWith('2')) stop();
        return finished(asked);
      },
    });
    const stopped = command(pageWriting(page, (path, times) => writeFile(path, `${times}`)));
    stop = stopped.stop;
    expect(await stopped.run(...sample(), '--seeds', '4', '--out', file)).toBe(130);
    expect(seen).toEqual([null, '1', '2']);
    expect(await readFile(file, 'utf8')).toBe('3');

    const early = pageFixture({
      plan: () => {
        stop();
        return [MEMORY];
      },
    });
    const before = command(early);
    stop = before.stop;
    const other = join(folder, 'other.zip');
    expect(await before.run(...sample(), '--out', other)).toBe(130);
    expect(before.written.stdout).toContain(`No run ended, so ${other} was not written.`);
    expect(await readdir(folder)).toEqual(['p.zip']);
  });

  it('replaces no other file and no folder', async () => {
    const [file, taken] = [join(folder, 'p.zip'), join(folder, 'taken.zip')];
    await writeFile(file, '');
    await mkdir(taken);
    for (const [path, said] of [
      [file, `“${file}” exists. Give --out another name, or add to this project with --project ${file}.`],
      [taken, `“${taken}” is a folder. Give --out another name; one that ends in .zip is a file.`],
    ] as const) {
      const { run, written } = command();
      expect(await run(...sample(), '--out', path)).toBe(2);
      expect(written).toMatchObject({ stderr: `${said}\n`, opened: 0 });
    }
  });

  it('of a rerun has runs that know their original', async () => {
    await command().run(...both());
    const page = pageFixture();
    const file = join(folder, 'again.zip');
    const writing = pageWriting(page, (path) => writeFile(path, ''));
    expect(await command(writing).run('--rerun', join(out, 'results.json'), '--out', file)).toBe(0);
    expect(page.asked.find(([call]) => call === 'makeProject')?.[1]).toMatchObject({ settings: null });
    expect(page.asked.find(([call]) => call === 'train')?.[1]).toMatchObject({
      ...{ sweep: null, before: { name: 'Linear probe' } },
    });
  });
});

describe('an invalid request', () => {
  it('for the images is reported with the engine’s message, and nothing is written', async () => {
    const page = pageFixture({
      importSample: () => {
        throw new UserError('There is only one class.');
      },
    });
    const { run, written } = command(page);
    expect(await run(...both())).toBe(2);
    expect(written.stderr).toBe('There is only one class.\n');
    expect(page.calls().at(-1)).toBe('close');
    expect(await readdir(folder)).toEqual([]);
  });

  it('for too large a sweep is reported, and nothing is written', async () => {
    const page = pageFixture();
    const { run, written } = command(page);
    const values = '1,2,3,4,5,6,7,8,9,10,11,12';
    const wide = ['--sweep', `atoms.m=${values}`, '--sweep', `atoms.lr=${values.replaceAll(',', 'e-3,')}e-3`];
    expect(await run(...both(), ...wide, '--seeds', '20')).toBe(2);
    expect(written.stderr).toMatch(/^The sweep would have about 2900 runs\. At most 500 are possible\./);
    expect(page.calls()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('for a folder that cannot be created is reported', async () => {
    await writeFile(join(folder, 'taken'), '');
    const { run, written } = command();
    expect(await run('--sample', 'counting', '--out', join(folder, 'taken', 'out'))).toBe(2);
    expect(written.stderr).toMatch(/cannot be created: part of its path is a file\.\n$/);
  });
});

describe('a run that fails', () => {
  const failing = (name: string, failed: (asked: AskedRun) => RunRecord) =>
    pageFixture({ train: (asked) => (asked.name.startsWith(name) ? failed(asked) : finished(asked)) });

  it('is reported, the others are run, and the code is 1', async () => {
    const { run, written } = command(failing('Linear probe', (asked) => finished(asked, 5, 'failed')));
    expect(await run(...both())).toBe(1);
    expect(written.stderr).toBe('Linear probe: The loss was no number.\n');
    const results = await readResults();
    expect(outcomes(results)).toEqual([
      ['Linear probe', 'failed'],
      ['Atoms', 'finished'],
    ]);
    expect(results.complete).toBe(true);
    expect(written.stdout).toMatch(/^Linear probe \(failed\) /m);
  });

  it('by an engine fault restarts the engine, with the requested backend', async () => {
    const page = failing('Linear probe', (asked) => ended(asked, DEVICE_LOST));
    const { run, written } = command(page);
    expect(await run(...both(), '--backend', 'webgpu')).toBe(1);
    expect(written.stderr).toBe('Linear probe: The GPU was lost.\n');
    const calls = page.calls();
    expect(calls.slice(calls.indexOf('train'), calls.indexOf('chart'))).toEqual([
      ...['train', 'restart', 'train', 'exportAdapter'],
    ]);
    expect(page.asked.find(([call]) => call === 'restart')).toEqual(['restart', 'webgpu']);
    expect(outcomes(await readResults())).toEqual([
      ['Linear probe', 'failed'],
      ['Atoms', 'finished'],
    ]);
  });

  it('by an engine fault as the last run does not restart the engine, and everything is written', async () => {
    const page = failing('Atoms', (asked) => ended(asked, DEVICE_LOST));
    expect(await command(page).run(...both())).toBe(1);
    expect(page.calls()).not.toContain('restart');
    expect((await readResults()).complete).toBe(true);
    expect(await readdir(out)).toContain('report.html');
  });

  it('because memory ran out is trained again in smaller micro-batches, once', async () => {
    const page = pageFixture({
      train: (asked) => {
        const failed = { ...ended(asked, NO_MEMORY), memory: { ...MEMORY, microBatch: 5 } };
        return asked.name === 'Atoms' ? failed : finished(asked);
      },
    });
    const { run, written } = command(page);
    expect(await run(...both(), '--setting', 'lora', '--backend', 'webgpu')).toBe(0);
    const calls = page.asked.slice(page.calls().indexOf('train'), page.calls().indexOf('chart'));
    expect(calls.map(([call]) => call)).toEqual([
      ...[
        'train',
        'exportAdapter',
        'train',
        'restart',
        'trainAgain',
        'exportAdapter',
        'train',
        'exportAdapter',
      ],
    ]);
    expect(calls[3]).toEqual(['restart', 'webgpu']);
    expect(calls[4]).toEqual(['trainAgain', 'Atoms', 3]);
    expect(written.stderr).toBe('');
    expect(written.stdout).toContain(
      'Atoms: memory ran out. The engine is restarted, and the run begins again in micro-batches of at most 3 images.\n',
    );
    expect(outcomes(await readResults())).toEqual([
      ['Linear probe', 'finished'],
      ['Atoms', 'finished'],
      ['LoRA', 'finished'],
    ]);
  });

  it.each([
    ['with one image at a time', { microBatch: 1 }, null],
    ['for the second time', { microBatch: 4 }, 4],
  ])('because memory ran out %s has failed', async (_, memory, mostAtOnce) => {
    const page = pageFixture({
      train: (asked) =>
        asked.name === 'Atoms'
          ? { ...ended(asked, NO_MEMORY), memory: { ...MEMORY, ...memory }, mostAtOnce }
          : finished(asked),
    });
    const { run, written } = command(page);
    expect(await run(...both())).toBe(1);
    expect(page.calls()).not.toContain('trainAgain');
    expect(written.stderr).toBe('Atoms: Memory ran out.\n');
  });

  it('by a fault that the engine survives does not restart it', async () => {
    const fault = { ...DEVICE_LOST, engineLost: false };
    const page = failing('Linear probe', (asked) => ended(asked, fault));
    expect(await command(page).run(...both())).toBe(1);
    expect(page.calls()).not.toContain('restart');
  });

  it('may be a search run', async () => {
    const page = pageFixture({
      train: (asked) => finished(asked, 10, asked.config.learningRate > 0.02 ? 'failed' : 'finished'),
    });
    expect(
      await command(page).run('--sample', 'counting', '--setting', 'atoms', '--find-rates', '--out', out),
    ).toBe(0);
  });
});

describe('when the page breaks', () => {
  /** Fails with `error` when the second run is requested. */
  const breaking = (error: Error) => {
    let runs = 0;
    return pageFixture({
      train: (asked) => {
        if (runs++ > 0) throw error;
        return finished(asked);
      },
    });
  };

  it.each([
    [new UserError('The browser ran out of memory.'), 2, /^The browser ran out of memory\.\n$/],
    [new Bug('broken', 'its stack'), 1, /^This is a bug in atomtune; .*\nits stack\n$/],
    [new EngineFault('gpu-error', 'The GPU refused.', 'details', true), 1, /^The GPU refused\.\ndetails\n$/],
  ])('the runs before are kept: %s', async (error, code, said) => {
    const page = breaking(error);
    const { run, written } = command(page);
    expect(await run(...both())).toBe(code);
    expect(written.stderr).toMatch(said);
    const results = await readResults();
    expect(outcomes(results)).toEqual([['Linear probe', 'finished']]);
    expect(results.complete).toBe(false);
    expect((await readdir(out)).toSorted()).toEqual(['linear-probe.safetensors', 'results.json']);
    expect(page.calls().at(-1)).toBe('close');
  });

  it('or its engine cannot be restarted, the earlier runs are kept', async () => {
    const page = pageFixture({
      train: (asked) => ended(asked, DEVICE_LOST),
      restart: () => {
        throw new EngineFault('device-lost', 'No GPU.', 'requestAdapter gave null', true);
      },
    });
    const { run, written } = command(page);
    expect(await run(...both())).toBe(1);
    expect(written.stderr).toBe('Linear probe: The GPU was lost.\nNo GPU.\nrequestAdapter gave null\n');
    expect(names(page)).toEqual(['Linear probe']);
    expect(await readResults()).toMatchObject({ complete: false, runs: [{ outcome: 'failed' }] });
  });

  it('by a request to another host, everything is written and the addresses are printed', async () => {
    const page = pageFixture({}, ['https://elsewhere.example/a.js', 'wss://elsewhere.example/']);
    const { run, written } = command(page);
    expect(await run(...both())).toBe(1);
    expect(written.stderr).toMatch(
      /requests were blocked: https:\/\/elsewhere\.example\/a\.js wss:\/\/elsewhere\.example\/\n/,
    );
    expect((await readResults()).complete).toBe(true);
  });
});

describe('Ctrl-C', () => {
  /** A page whose second run continues until it is stopped; `begun` resolves when it has begun. */
  function endless() {
    let announce = () => {};
    const begun = new Promise<void>((resolve) => {
      announce = resolve;
    });
    let end = () => {};
    const page = pageFixture({
      train: (asked) => {
        if (asked.name !== 'Atoms') return finished(asked);
        announce();
        return new Promise<RunRecord>((resolve) => {
          end = () => resolve(finished(asked, 12, 'stopped'));
        });
      },
      stop: () => {
        end();
        return null;
      },
    });
    return { page, begun };
  }

  it('stops the current run, keeps its best epoch, starts no other, and exits with 130', async () => {
    const { page, begun } = endless();
    const { run, stop, written } = command(page);
    const code = run(...both(), '--setting', 'lora');
    await begun;
    stop();
    expect(await code).toBe(130);
    expect(names(page)).toEqual(['Linear probe', 'Atoms']);
    expect(page.calls().filter((call) => call === 'stop')).toHaveLength(1);
    const results = await readResults();
    expect(results.complete).toBe(false);
    expect(outcomes(results)).toEqual([
      ['Linear probe', 'finished'],
      ['Atoms', 'stopped'],
    ]);
    expect(await readFile(join(out, 'atoms.safetensors'), 'utf8')).toBe('adapter of Atoms');
    expect(await readdir(out)).toContain('report.html');
    expect(written.stdout).toContain('Press Ctrl-C again to quit at once.\n');
    expect(page.calls().at(-1)).toBe('close');
    // Everything is written, so nothing is registered for the end of the process.
    expect(written.left).toEqual([]);
  });

  it('exits at once the second time', async () => {
    const { page, begun } = endless();
    const { run, stop, written } = command(page);
    const code = run(...both());
    await begun;
    stop();
    expect(written.left).toEqual([]);
    stop();
    expect(written.left).toEqual([130]);
    await code;
  });

  it('before the first run starts none', async () => {
    let stop = () => {};
    const page = pageFixture({
      plan: (configs) => {
        stop();
        return configs.map(() => MEMORY);
      },
    });
    const stopped = command(page);
    stop = stopped.stop;
    expect(await stopped.run(...both())).toBe(130);
    expect(names(page)).toEqual([]);
    expect(page.calls()).not.toContain('stop');
    expect(await readResults()).toMatchObject({ complete: false, runs: [] });
  });

  it('after the last run leaves complete results', async () => {
    let stop = () => {};
    const page = pageFixture({
      chart: () => {
        stop();
        return null;
      },
    });
    const stopped = command(page);
    stop = stopped.stop;
    expect(await stopped.run(...both())).toBe(130);
    expect(page.calls()).not.toContain('stop');
    expect(await readResults()).toMatchObject({ complete: true, charts: [] });
  });

  it.each(['start', 'importSample'] as const)('exits at once during %s, and writes nothing', async (call) => {
    let announce = () => {};
    const begun = new Promise<void>((resolve) => {
      announce = resolve;
    });
    const page = pageFixture({
      [call]: () => {
        announce();
        return new Promise(() => {});
      },
    });
    const { run, stop, written } = command(page);
    const code = run(...both());
    await begun;
    stop();
    expect(await code).toBe(130);
    expect(written.left).toEqual([130]);
    expect(written.stderr).toBe('');
    expect(page.calls().at(-1)).toBe('close');
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not wait for a browser that is still starting', async () => {
    let announce = () => {};
    const begun = new Promise<void>((resolve) => {
      announce = resolve;
    });
    const openHeadless: Surroundings['openHeadless'] = () => {
      announce();
      return new Promise(() => {});
    };
    const { run, stop, written } = command(pageFixture(), { openHeadless });
    const code = run(...both());
    await begun;
    stop();
    expect(await code).toBe(130);
    expect(written.left).toEqual([130]);
  });
});

describe('--rerun', () => {
  const again = () => join(folder, 'again');
  const rerun = (page: PageFixture, ...typed: string[]) => {
    const { run, written } = command(page);
    const code = run('--rerun', join(out, 'results.json'), '--out', again(), ...typed);
    return code.then((code) => ({ code, written, lines: written.stdout.trimEnd().split('\n') }));
  };
  beforeEach(async () => {
    await command().run(...both(), '--seeds', '2', '--seed', '5', '--memory', '24');
  });

  it('repeats the runs with the same choices, and reports that the numbers are the same', async () => {
    const page = pageFixture();
    const { code, lines, written } = await rerun(page);
    expect([code, written.stderr]).toEqual([0, '']);
    // The results also decide the backend: `auto` could choose another one on another machine.
    expect(page.asked[0]).toEqual(['start', 'wasm']);
    expect(page.asked).toContainEqual([
      'importSample',
      'counting',
      { seed: 5, testPart: 0, preset: 'whole', reading: {} },
    ]);
    expect(names(page)).toEqual([
      'Linear probe, seed 5',
      'Atoms, seed 5',
      'Linear probe, seed 6',
      'Atoms, seed 6',
    ]);
    expect(lines).toContain('Rerunning 4 runs.');
    expect(lines.slice(-4)).toEqual([
      'Linear probe, seed 5: the same numbers, bit for bit.',
      'Atoms, seed 5: the same numbers, bit for bit.',
      'Linear probe, seed 6: the same numbers, bit for bit.',
      'Atoms, seed 6: the same numbers, bit for bit.',
    ]);
    const [first, second] = [await readResults(), await readResults(again())];
    const asked = ({ runs }: Results) =>
      runs.map(({ name, config, memoryCap, role }) => ({ name, config, memoryCap, role }));
    expect(asked(second)).toEqual(asked(first));
    expect(second.runs[0]?.memoryCap).toBe(24_000_000);
  });

  it('reports which numbers differ, with code 1', async () => {
    const page = pageFixture({ train: (asked) => finished(asked, asked.name === 'Atoms, seed 6' ? 14 : 15) });
    const { code, lines } = await rerun(page);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe(
      'Atoms, seed 6: the numbers differ: correctly classified images, predictions on the validation images.',
    );
    expect(lines.at(-2)).toBe('Linear probe, seed 6: the same numbers, bit for bit.');
  });

  it('reports what was not run again when it is stopped, with code 130', async () => {
    let stop = () => {};
    const page = pageFixture({
      train: (asked) => {
        stop();
        return finished(asked);
      },
    });
    const stopped = command(page);
    stop = stopped.stop;
    const typed = ['--rerun', join(out, 'results.json'), '--out', again()];
    expect(await stopped.run(...typed)).toBe(130);
    expect(stopped.written.stdout.trimEnd().split('\n').slice(-4)).toEqual([
      'Linear probe, seed 5: the same numbers, bit for bit.',
      ...['Atoms, seed 5', 'Linear probe, seed 6', 'Atoms, seed 6'].map((name) => `${name}: not rerun.`),
    ]);
  });

  it.each([
    [
      'engine',
      'The backend differs: the runs were computed on WebAssembly',
      { start: () => ({ engine: WEBGPU, backbone: BACKBONE }) },
    ],
    ['backbone', 'The backbone differs', { useBackbone: () => ({ ...BACKBONE, hash: 'other' }) }],
    ['data set', 'The images differ', { importSample: () => ({ ...DATA, hash: 'other' }) }],
    ['split', 'The split differs', { importSample: () => ({ ...DATA, seed: 4 }) }],
    ['list of settings', 'There is no setting “linear-probe” here', { settings: () => [] }],
  ] as const)('refuses another %s, and runs nothing', async (_, said, answers) => {
    const page = pageFixture(answers);
    const { code, written } = await rerun(page);
    expect(code).toBe(2);
    expect(written.stderr).toMatch(new RegExp(`^${said}.*\\. Nothing was run\\.\\n$`));
    expect(names(page)).toEqual([]);
    expect(await readdir(folder)).toEqual(['out']);
    expect(page.calls().at(-1)).toBe('close');
  });
});
