import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../src/worker/protocol';
import { html } from './html';
import { markdown } from './markdown';
import { reportOf, type Table } from './report';
import { engineDifference, parseResults, runDifferences } from './rerun';
import { RESULTS_FORMAT, type Results, type RunResults, resultsText } from './results';

const HOSTILE = '<img src=x onerror="alert(1)">';

const CONFIG: RunConfig = {
  ...{ setting: 'atoms', options: { m: 9 }, epochs: 2, batchSize: 16, learningRate: 0.003 },
  ...{ headLearningRate: 0.001, weightDecay: 1e-4, warmup: 0.1, dropout: 0, augmentation: 'none' },
  ...{ views: 0, seed: 0, patience: 0, warmStart: true },
  probe: { epochs: 60, learningRate: 0.01, weightDecay: 0.01, batchSize: 32 },
};

/** 20 images of two classes, of which the first `correct` are classified rightly. */
function run(setting: string, correct: number, given: Partial<RunResults> = {}): RunResults {
  const labels = Array.from({ length: 20 }, (_, image) => image % 2);
  const answers = { labels, predicted: labels.map((label, image) => (image < correct ? label : 1 - label)) };
  return {
    ...{ name: setting, armName: setting, setting, symbol: 'ΔD', role: 'final', outcome: 'finished' },
    ...{
      problem: null,
      config: { ...CONFIG, setting },
      memoryCap: null,
      backend: 'wasm',
      precision: 'single',
      threads: 1,
      style: 0,
    },
    ...{ trainable: { backbone: 1737, head: 1026 }, memory: null, seconds: 3, imagesPerSecond: 50 },
    last: { epoch: 2, correct, total: 20, accuracy: correct / 20, low: 0, high: 1 },
    best: null,
    epochs: [{ epoch: 2, trainLoss: 0.1, valLoss: 0.25, correct, total: 20, seconds: 3 }],
    validation: answers,
    test: null,
    losses: [{ step: 1, loss: 0.5 }],
    adapter: { file: null, bytes: 9000 },
    ...given,
  };
}

function results(runs: RunResults[], classes = ['a', 'b']): Results {
  return {
    format: RESULTS_FORMAT,
    createdBy: { name: 'atomtune', version: '0.1.0' },
    madeAt: '2025-01-31T14:23:05.000Z',
    complete: true,
    engine: {
      ...{ backend: 'wasm', choice: 'auto', adapter: null, hardware: false, reason: 'No WebGPU.' },
      ...{
        threads: 2,
        isolated: true,
        precision: 'single',
        limits: { budget: 1e9, buffer: 1e9 },
      },
    },
    environment: { browser: 'A browser', tfjs: '4.22.0' },
    backbone: {
      ...{ id: 'starter', name: 'Starter', hash: 'beef', inputSize: 64, stages: { used: 4, inFile: 4 } },
      ...{ ownClasses: 10, licence: '', citation: '', features: 512, parameters: 1e6, fileBytes: 3e6 },
    },
    dataset: {
      ...{ name: 'pictures', label: 'pictures, 40 images, split 0', sample: null, description: '' },
      classes: classes.map((name) => ({ name, train: 10, val: 10, test: 0 })),
      ...{ split: 'stratified', testSplit: null, seed: 0, testPart: 0, preset: 'whole', unused: 0 },
      ...{ augmentation: 'none', leftOut: [], hash: 'cafe' },
      duplicates: { groups: 0, images: 0, conflicts: [], leaked: { val: 0, test: 0 } },
    },
    runs,
    charts: ['accuracy-by-epoch.svg'],
  };
}

const FIGURE = { name: 'accuracy-by-epoch', title: 'Accuracy', svg: '<svg><text>60 %</text></svg>' } as const;

function section(of: Results, title: string) {
  const blocks = reportOf(of, []).sections.find((each) => each.title === title)?.blocks ?? [];
  const tables = blocks.filter((block): block is Table => block.kind === 'table');
  const words = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join(' ');
  return { tables, words };
}

describe('a report', () => {
  it('gives accuracies with their intervals, whatever wins', () => {
    const { tables } = section(results([run('atoms', 12), run('lora', 16)]), 'Results');
    // Wilson 1927: 12 and 16 of 20.
    expect(tables[0]?.rows.map((row) => [row[0], row[4]])).toEqual([
      ['atoms', '60.0\u00a0% (38.7–78.1\u00a0%)'],
      ['lora', '80.0\u00a0% (58.4–91.9\u00a0%)'],
    ]);
  });

  it('says that no difference is shown where paired tests show none, and which setting is better where they do', () => {
    const alike = section(results([run('atoms', 12), run('lora', 13)]), 'Differences');
    expect(alike.words).toMatch(/^No difference shown between the two settings\./);
    expect(alike.tables[0]?.rows[0]?.at(-1)).toBe('no difference shown');
    // Twelve images fall one way: McNemar's p is 2 / 2¹².
    const apart = section(results([run('atoms', 8), run('lora', 20)]), 'Differences');
    expect(apart.tables[0]?.rows[0]?.slice(-3)).toEqual([
      expect.stringMatching(/^−60\.0 \(−/),
      '< 0.001',
      'the second is better',
    ]);
  });

  it('says that search budgets were the same only where they were', () => {
    const search = (setting: string, epochs: number) =>
      run(setting, 10, { role: 'search', config: { ...CONFIG, setting, epochs } });
    const finals = [run('atoms', 12), run('lora', 13)];
    const words = (...searches: RunResults[]) => section(results([...finals, ...searches]), 'Searches').words;
    expect(words()).toBe('No search: every setting ran with the given values.');
    expect(words(search('atoms', 1), search('lora', 1))).toMatch(/^All settings had the same search budget/);
    for (const uneven of [[search('atoms', 1)], [search('atoms', 1), search('lora', 2)]])
      expect(words(...uneven)).toMatch(/^The settings did not have the same search budget/);
    // A setting that was run in full with two choices of values had more to win with.
    const second = run('atoms', 14, { armName: 'atoms 2', config: { ...CONFIG, options: { m: 3 } } });
    expect(words(second)).toMatch(/^The settings did not have the same search budget/);
  });
});

describe('the HTML', () => {
  const hostile = results(
    [run('atoms', 12, { name: `${HOSTILE}</script>` }), run('lora', 13)],
    [HOSTILE, 'b'],
  );
  const page = new DOMParser().parseFromString(html(reportOf(hostile, [FIGURE])), 'text/html');

  it('shows names as they are and makes nothing of what is in them', () => {
    expect(page.querySelectorAll('img, script')).toHaveLength(0);
    expect([...page.querySelectorAll('tbody th')].map((cell) => cell.textContent)).toContain(HOSTILE);
    const attributes = [...page.querySelectorAll('*')].flatMap((element) => element.getAttributeNames());
    expect(attributes.filter((name) => name.startsWith('on') || name === 'src')).toEqual([]);
  });

  it('holds its charts, and asks no server for anything', () => {
    expect(page.querySelector('figure svg')?.textContent).toBe('60 %');
    const addresses = [...page.querySelectorAll('[href]')].map((element) => element.getAttribute('href'));
    expect(addresses.every((address) => address?.startsWith('data:'))).toBe(true);
    expect(page.querySelector('style')?.textContent).not.toMatch(/url\(|@import/);
  });

  it('holds results that can be run again, as text and as a file', async () => {
    const file = page.querySelector('a[download="results.json"]')?.getAttribute('href') ?? '';
    const shown = page.querySelector('details pre')?.textContent ?? '';
    expect(decodeURIComponent(file.slice(file.indexOf(',') + 1))).toBe(shown);
    const lossless = { ...hostile, runs: hostile.runs.map((each) => ({ ...each, losses: [] })) };
    expect(parseResults(shown, 'results.json')).toEqual(lossless);
  });
});

describe('the Markdown', () => {
  it('keeps names in their cell and disarms them', () => {
    const text = markdown(reportOf(results([run('atoms', 12)], ['a|b', `c\n# d \`e\``, HOSTILE]), []));
    expect(text).toContain('| a\\|b | 10 | 10 | 0 |');
    expect(text).toContain('| c \\# d \\`e\\` | 10 | 10 | 0 |');
    expect(text).toContain('| \\<img src=x onerror="alert(1)"\\> | 10 | 10 | 0 |');
  });

  it('links the charts beside it', () => {
    expect(markdown(reportOf(results([run('atoms', 12)]), [FIGURE]))).toContain(
      '![Accuracy](<accuracy-by-epoch.svg>)',
    );
  });

  it('fences the results so that no name ends the block', () => {
    const text = markdown(reportOf(results([run('atoms', 12, { name: '````' })]), []));
    const [, inside = ''] = /^`{5}json\n([\s\S]*?)\n`{5}$/m.exec(text) ?? [];
    expect(parseResults(inside, 'results.json').runs[0]?.name).toBe('````');
  });
});

describe('running again', () => {
  it('takes the numbers as the same on WebAssembly only bit for bit, on WebGPU within a thousandth', () => {
    for (const [backend, change, same] of [
      ['wasm', 0, true],
      ['wasm', 1e-12, false],
      ['webgpu', 1e-4, true],
      ['webgpu', 1e-2, false],
    ] as const) {
      const [epoch] = run('atoms', 12).epochs;
      if (!epoch) throw new Error('The run has an epoch.');
      const epochs = [{ ...epoch, valLoss: 0.25 * (1 + change) }];
      const found = runDifferences(run('atoms', 12, { backend }), run('atoms', 12, { backend, epochs }));
      expect(found).toEqual(same ? [] : ['losses']);
    }
    expect(runDifferences(run('atoms', 12), run('atoms', 13))).toEqual([
      'correctly classified images',
      'predictions on the validation images',
    ]);
  });

  it('refuses another backend and what is no results file', () => {
    const made = results([run('atoms', 12)]);
    expect(engineDifference(made, made.engine)).toBeNull();
    expect(engineDifference(made, { backend: 'webgpu', precision: 'single' })).toMatch(
      /WebAssembly, this engine is WebGPU/,
    );
    expect(parseResults(resultsText(made), 'results.json')).toEqual(made);
    expect(() => parseResults('{', 'notes.txt')).toThrow(/^“notes\.txt” is not a results file .*not JSON/);
    const unbounded = resultsText(made).replace('"batchSize": 16', '"batchSize": 1e9');
    expect(() => parseResults(unbounded, 'results.json')).toThrow(/runs\.0\.config\.batchSize/);
  });
});
