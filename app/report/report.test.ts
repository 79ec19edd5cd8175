import { describe, expect, it } from 'vitest';
import { html } from './html';
import { markdown } from './markdown';
import { reportOf, type Table } from './report';
import { engineDifference, parseResults, runDifferences } from './rerun';
import { RUN_CONFIG, resultsFixture as results, runFixture as run } from './result-fixtures';
import { type Results, type RunResults, resultsText } from './results';

const HOSTILE = '<img src=x onerror="alert(1)">';

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
    const same = results([run('atoms', 12), run('lora', 13)]);
    expect(section(same, 'Results').words).toMatch(
      /^No setting is shown to differ on these 20 validation images\./,
    );
    const alike = section(same, 'Differences');
    expect(alike.tables[0]?.rows[0]?.at(-1)).toBe('no difference shown');
    // Twelve discordant images, all in one direction: McNemar's p is 2 / 2¹².
    const apart = section(results([run('atoms', 8), run('lora', 20)]), 'Differences');
    expect(apart.tables[0]?.rows[0]?.slice(-3)).toEqual([
      expect.stringMatching(/^−60\.0 \(−/),
      '< 0.001',
      'the second is better',
    ]);
  });

  it('says that search budgets were the same only where they were', () => {
    const search = (setting: string, epochs: number) =>
      run(setting, 10, { role: 'search', config: { ...RUN_CONFIG, setting, epochs } });
    const finals = [run('atoms', 12), run('lora', 13)];
    const words = (...searches: RunResults[]) => section(results([...finals, ...searches]), 'Searches').words;
    expect(words()).toBe('No search: every setting ran with the given values.');
    expect(words(search('atoms', 1), search('lora', 1))).toMatch(/^All settings had the same search budget/);
    for (const uneven of [[search('atoms', 1)], [search('atoms', 1), search('lora', 2)]])
      expect(words(...uneven)).toMatch(/^The settings did not have the same search budget/);
    // A setting that was run in full with two combinations of values had a larger budget.
    const second = run('atoms', 14, { armName: 'atoms 2', config: { ...RUN_CONFIG, options: { m: 3 } } });
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

  it('refuses another backend and what is not a results file', () => {
    const made = results([run('atoms', 12)]);
    expect(engineDifference(made, made.engine)).toBeNull();
    expect(engineDifference(made, { backend: 'webgpu', precision: 'single' })).toMatch(
      /on WebAssembly, here it is WebGPU/,
    );
    expect(parseResults(resultsText(made), 'results.json')).toEqual(made);
    expect(() => parseResults('{', 'notes.txt')).toThrow(/^“notes\.txt” is not a results file .*not JSON/);
    const unbounded = resultsText(made).replace('"batchSize": 16', '"batchSize": 1e9');
    expect(() => parseResults(unbounded, 'results.json')).toThrow(/runs\.0\.config\.batchSize/);
  });
});
