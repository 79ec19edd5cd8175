import { describe, expect, it } from 'vitest';
import { parseResults } from './rerun';
import { RESULTS_FORMAT, resultsText } from './results';
import first from './versions/4-first.json?raw';
import last from './versions/4-last.json?raw';

describe('results files of every version', () => {
  it.each([
    ['4 as first written', first],
    ['4 as last written', last],
  ])('reads version %s with its figures', (_, text) => {
    const results = parseResults(text, 'results.json');
    expect(results.format).toBe(RESULTS_FORMAT);
    expect(results.runs.map((run) => [run.name, run.best?.correct, run.losses.length])).toEqual([
      ['Linear probe', 2, 60],
      ['Atoms, m = 3', 2, 2],
    ]);
    const [, atoms] = results.runs;
    expect(atoms?.validation?.targets).toEqual([0, 1]);
    expect(atoms?.memory).toMatchObject({ gradientCheckpointing: false, frozenFeatures: null });
    // It is saved as a file of the present version.
    expect(parseResults(resultsText(results), 'again.json')).toEqual(results);
  });

  it('gives the first files of version 4 the fields that they lack', () => {
    const { dataset, runs } = parseResults(first, 'results.json');
    expect(dataset).toMatchObject({ reading: {}, notices: [] });
    expect(dataset.duplicates.givenUp).toEqual({ images: 0, classes: [] });
    expect(runs[0]).toMatchObject({ note: '', tags: [], validationEpoch: null });
  });

  it.each([
    [
      { format: RESULTS_FORMAT + 1 },
      /“results.json” was saved by a newer version of atomtune \(version 6; this one reads up to 5\)/,
    ],
    [{ format: 3 }, /is of version 3; versions 4 to 5 can be read/],
    [{ format: 4 }, /is not a results file \(createdBy/],
    [{}, /is not a results file \(format: /],
    [[], /is not a results file \(the whole file: /],
    [null, /is not a results file \(the whole file: /],
  ])('refuses %j', (content, why) => {
    expect(() => parseResults(JSON.stringify(content), 'results.json')).toThrow(why);
  });
});
