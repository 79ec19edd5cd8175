import { describe, expect, it } from 'vitest';
import { ACTION_NAMES, type Action, type Activity, obstacleTo, type Work } from './permissions';

const IDLE: Activity = { engine: 'ready', work: null, queued: false, hasBackbone: true, hasData: true };

/** The actions that may begin. */
const allowed = (change: Partial<Activity>) =>
  ACTION_NAMES.filter((action) => obstacleTo(action, { ...IDLE, ...change }) === null).sort();
const all = [...ACTION_NAMES].sort();
const allBut = (...actions: Action[]) => all.filter((action) => !actions.includes(action));

describe('what may begin', () => {
  it('is everything on an idle engine with a backbone and data', () => {
    expect(allowed({})).toEqual(all);
  });

  it('is nothing while the engine starts, and a restart alone when it failed', () => {
    expect(allowed({ engine: 'starting' })).toEqual([]);
    expect(allowed({ work: 'start' })).toEqual([]);
    expect(allowed({ engine: 'failed' })).toEqual(['restart']);
  });

  it('needs data for what trains on them or splits them', () => {
    expect(allowed({ hasData: false })).toEqual(
      allBut('train', 'enqueue', 'measure', 'resplit', 'recognizeData'),
    );
  });

  it.each<[Work, Action[]]>([
    [
      'backbone',
      [
        'changeStorage',
        'decompose',
        'enqueue',
        'importData',
        'measure',
        'recognizeData',
        'resplit',
        'restart',
        'train',
        'useBackbone',
      ],
    ],
    [
      'data',
      ['enqueue', 'importData', 'measure', 'recognizeData', 'resplit', 'restart', 'train', 'useBackbone'],
    ],
    ['run', ['decompose', 'importData', 'measure', 'recognizeData', 'resplit', 'train', 'useBackbone']],
    [
      'timing',
      ['decompose', 'enqueue', 'importData', 'measure', 'recognizeData', 'resplit', 'train', 'useBackbone'],
    ],
  ])('waits for work on the %s where it would change or use the same', (work, refused) => {
    expect(allowed({ work })).toEqual(allBut(...refused));
  });

  it('leaves data and backbone to the runs in the queue, which may begin', () => {
    expect(allowed({ queued: true })).toEqual(allBut('useBackbone', 'importData', 'resplit', 'measure'));
  });

  it('lets a model be used during a run, a download and an import', () => {
    for (const work of ['run', 'timing', 'backbone', 'data'] as const)
      expect(obstacleTo('read', { ...IDLE, work })).toBeNull();
  });

  it('says what is in the way and what to do, the engine first', () => {
    expect(obstacleTo('train', { ...IDLE, work: 'backbone' })).toBe(
      'A backbone is being loaded. Wait until it is ready, or cancel it.',
    );
    expect(obstacleTo('train', { ...IDLE, engine: 'failed', hasData: false })).toBe(
      'The engine is not running. Restart it in the engine panel.',
    );
  });
});
