/** What each state shows: recorded parts of the session, and small changes to them for what a recording does not have. */
import { deviceLost, heapExhausted } from '../../src/engine-fault';
import { NO_ROOM } from '../../src/files/no-room';
import type { EngineAnswers } from '../store/fake-engine';
import { asProblem } from '../store/problem';
import { freeName, isActive, type RunRecord, withoutResult } from '../store/run-record';
import type { Session } from '../store/session';
import type { StateName } from './names';
import { recorded } from './recorded';

const pending = () => new Promise<never>(() => {});

export interface State {
  session: Partial<Session>;
  /** In addition to those that every state has. */
  answers?: EngineAnswers;
}

const { started, imported, untidy, running, finished, diverged, restarted, halfway } = recorded;
const { models: goneModels, ...softwareAdapter } = restarted;

const withAtoms = { ...started, ...recorded.decomposed };
const project = { id: 'states', name: 'Surface faults', madeAt: 0, readOnly: false };
const withImages = { ...withAtoms, ...imported, project };
const withUntidyImages = { ...withAtoms, dataset: untidy.dataset, settings: untidy.settings };
const withModels = { ...withImages, ...finished };

const starting: Partial<Session> = {
  engine: { status: 'starting', progress: { label: 'Loading the starter backbone', done: 1, total: 2 } },
};
const lost = asProblem(
  deviceLost({ reason: 'unknown', message: 'A valid external Instance reference no longer exists.' }),
);

const { hyperparameters, sweep } = imported.configuration;
const changed = (change: Partial<Session['configuration']>) => ({
  configuration: { ...imported.configuration, ...change },
});

const withActive = (change: (run: RunRecord) => RunRecord) => ({
  runs: running.runs.map((run) => (isActive(run) ? change(run) : run)),
});

/** The images, of which only the first `count` are classified. */
const classifiedUpTo = (count: number, { images, ...rest }: Session['toClassify']) => ({
  toClassify: {
    ...rest,
    images: images.map((image, index) => (index < count ? image : { ...image, predictions: new Map() })),
  },
});

export const STATES: Record<StateName, State> = {
  'data/first-visit': { session: started },
  'data/importing': { session: { ...withImages, importing: halfway.importing } },
  'data/import-failed': { session: { ...started, ...recorded.importFailed } },
  'data/question': { session: { ...started, ...recorded.question } },
  'data/done': { session: withImages },
  'data/conflicts': { session: withUntidyImages },

  'backbone/starting': { session: starting },
  'backbone/downloading': {
    session: {
      ...withImages,
      loadingBackbone: {
        ...{ phase: 'downloading', received: 41_200_000, total: 102_469_840 },
        ...{ bytesPerSecond: 5_300_000, secondsLeft: 11.6 },
      },
    },
  },
  'backbone/failed': { session: { ...withImages, ...recorded.backboneFailed } },
  'backbone/decomposing': {
    session: { ...started, atoms: null },
    answers: {
      decompose: (_, { onProgress }) => {
        if (halfway.decomposing) onProgress?.(halfway.decomposing);
        return pending();
      },
    },
  },
  'backbone/done': { session: { ...withImages, ...recorded.recognized } },

  'tune/no-data': { session: started },
  'tune/ready': { session: withImages },
  'tune/measuring': { session: { ...withImages, measuring: halfway.measuring } },
  'tune/impossible': {
    session: {
      ...{ ...withImages, ...recorded.impossible },
      configuration: { ...recorded.impossible.configuration, settings: ['linear-probe', 'lora', 'full'] },
    },
  },
  'tune/long': {
    session: {
      ...withImages,
      ...changed({ hyperparameters: { ...hyperparameters, epochs: 500 }, sweep: { ...sweep, seeds: 20 } }),
    },
  },

  'compare/empty': { session: started },
  'compare/running': { session: { ...withImages, ...running } },
  'compare/paused': {
    session: {
      ...{ ...withImages, ...running },
      ...{ ...withActive((run) => ({ ...run, status: 'paused' })), queueHeld: true },
    },
  },
  'compare/done': { session: withModels },
  'compare/without-test': {
    session: { ...withUntidyImages, runs: untidy.runs, models: untidy.models },
  },
  'compare/failed': {
    session: {
      ...withModels,
      runs: [...finished.runs, ...diverged.runs],
      models: [
        ...finished.models,
        ...diverged.runs.flatMap(({ model }) =>
          model ? { summary: model, chosen: true, gone: null, kept: false } : [],
        ),
      ],
    },
  },
  'compare/two-sets': {
    session: {
      ...withModels,
      runs: [
        ...untidy.runs,
        ...finished.runs.map((run) => ({ ...run, name: freeName(run.name, untidy.runs) })),
      ],
    },
  },

  'use/empty': { session: started },
  'use/models': { session: { ...withModels, ...recorded.adapterLoaded } },
  'use/gone': { session: { ...withModels, ...restarted } },
  'use/loading': { session: { ...started, loadingAdapter: true } },
  'use/adapter-failed': { session: { ...withModels, ...recorded.adapterFailed } },
  'use/one-image': { session: { ...withModels, ...recorded.oneImage } },
  'use/many-images': { session: { ...withModels, ...recorded.manyImages } },
  'use/classifying': {
    session: { ...withModels, ...classifiedUpTo(5, recorded.manyImages.toClassify) },
  },
  'use/failed': {
    session: { ...withModels, ...classifiedUpTo(0, recorded.oneImage.toClassify) },
    answers: { classify: () => Promise.reject(heapExhausted(64e6)) },
  },

  'data/engine-starting': { session: starting },
  'data/engine-failed': {
    session: { ...recorded.startFailed, ...changed({ backend: 'webgpu' }) },
  },
  'data/read-only': { session: { ...withImages, project: { ...project, readOnly: true } } },
  'compare/interrupted': {
    session: {
      ...{ ...withImages, ...running, training: null, queueHeld: true },
      ...withActive((run) => ({
        ...run,
        status: 'interrupted',
        startedOn: { backend: 'webgpu', precision: 'single' },
      })),
    },
  },
  'compare/not-saved': {
    session: {
      ...{ ...withImages, ...running },
      saving: { status: 'failed', problem: { kind: 'user', message: NO_ROOM } },
    },
  },
  'compare/unreadable': {
    session: {
      ...withModels,
      unreadable: [{ name: 'Magic atoms', why: 'setting: this version has no such setting.' }],
    },
  },
  'data/new-version': { session: { ...started, newVersion: 'ready' } },
  'compare/device-lost': {
    session: {
      ...{ ...withImages, ...running, ...withActive((run) => withoutResult(run, lost)), training: null },
      ...(lost && { engine: { status: 'failed', problem: lost }, memory: null }),
    },
  },
  'tune/software-adapter': {
    session: { ...withImages, ...softwareAdapter, ...changed({ backend: 'webgpu' }) },
  },
};

/** The answers of every state. */
export function usualAnswers({ settings = [] }: Partial<Session>): EngineAnswers {
  return {
    storage: () => started.storage ?? pending(),
    movement: ({ modelId }) => recorded.movements[modelId] ?? pending(),
    plan: ({ configs }) =>
      configs.flatMap(({ setting }) => settings.find(({ id }) => id === setting)?.memory ?? []),
  };
}
