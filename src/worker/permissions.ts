/**
 * One table of which actions may begin now, and the reasons why not. The page uses it for its buttons and its queue, the command
 * line before each step, and the engine before each call, so the three always agree. It depends on no store and no tensors.
 */

/** Work that excludes other work. At most one of these is in progress. */
export type Work = 'start' | 'backbone' | 'data' | 'run' | 'timing';

/** The state that decides which actions may begin. */
export interface Activity {
  engine: 'starting' | 'ready' | 'failed';
  work: Work | null;
  /** Runs wait in the queue. The engine itself has no queue. */
  queued: boolean;
  hasBackbone: boolean;
  hasData: boolean;
}

/** The reasons why an action cannot begin, each with a sentence for the person. */
const OBSTACLES = {
  starting: {
    holds: ({ engine, work }) => engine === 'starting' || work === 'start',
    sentence: 'The engine is starting. Wait until it is ready.',
  },
  failed: {
    holds: ({ engine }) => engine === 'failed',
    sentence: 'The engine is not running. Restart it in the engine panel.',
  },
  noBackbone: {
    holds: ({ hasBackbone }) => !hasBackbone,
    sentence: 'No backbone is loaded yet. Choose one on Backbone.',
  },
  noData: {
    holds: ({ hasData }) => !hasData,
    sentence: 'There are no images yet. Load a folder of images or choose a sample set first.',
  },
  loadingBackbone: {
    holds: ({ work }) => work === 'backbone',
    sentence: 'A backbone is being loaded. Wait until it is ready, or cancel it.',
  },
  importing: {
    holds: ({ work }) => work === 'data',
    sentence: 'Images are being read. Wait until they are imported, or cancel the import.',
  },
  running: {
    holds: ({ work }) => work === 'run',
    sentence: 'A run is in progress. Wait until it ends, or stop it on Compare.',
  },
  queued: {
    holds: ({ queued }) => queued,
    sentence: 'Runs are waiting in the queue. Wait until they end, or remove them on Compare.',
  },
  timing: {
    holds: ({ work }) => work === 'timing',
    sentence: 'The time of a run is being measured. Wait until that ends, or cancel it.',
  },
} as const satisfies Record<string, { holds: (activity: Activity) => boolean; sentence: string }>;

type Obstacle = keyof typeof OBSTACLES;

const ENGINE: readonly Obstacle[] = ['starting', 'failed'];
const CHANGES: readonly Obstacle[] = ['loadingBackbone', 'importing'];
const TRAINING: readonly Obstacle[] = ['running', 'timing'];

/** The obstacles of each action, in order of priority. */
const ACTIONS = {
  /** Starts a run now. */
  train: [...ENGINE, 'noBackbone', ...CHANGES, 'noData', ...TRAINING],
  /** Adds runs to the queue. */
  enqueue: [...ENGINE, 'noBackbone', ...CHANGES, 'noData', 'timing'],
  measure: [...ENGINE, 'noBackbone', ...CHANGES, 'noData', ...TRAINING, 'queued'],
  useBackbone: [...ENGINE, ...CHANGES, ...TRAINING, 'queued'],
  importData: [...ENGINE, 'noBackbone', ...CHANGES, ...TRAINING, 'queued'],
  resplit: [...ENGINE, ...CHANGES, 'noData', ...TRAINING, 'queued'],
  restart: ['starting', ...CHANGES],
  decompose: [...ENGINE, 'noBackbone', 'loadingBackbone', ...TRAINING],
  recognizeData: [...ENGINE, 'noBackbone', ...CHANGES, 'noData', ...TRAINING],
  /** Uses the backbone or a model without changing it: classify, recognize, export, load an adapter, count, plan. */
  read: [...ENGINE, 'noBackbone'],
  /** Not allowed while a backbone is loaded, because its stored file may be open. */
  changeStorage: [...ENGINE, 'loadingBackbone'],
} as const satisfies Record<string, readonly Obstacle[]>;

export type Action = keyof typeof ACTIONS;

/** The names of all actions. */
export const ACTION_NAMES = Object.keys(ACTIONS) as Action[]; // the keys of a table of our own

/** Why the action cannot begin now, as a sentence for the person; null if it can. */
export function obstacleTo(action: Action, activity: Activity): string | null {
  const found = ACTIONS[action].find((name) => OBSTACLES[name].holds(activity));
  return found === undefined ? null : OBSTACLES[found].sentence;
}
