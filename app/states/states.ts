/** What each state shows: recorded parts of the session, and small changes to them for what a recording does not have. */
import { deviceLost, heapExhausted } from '../../src/engine-fault';
import { NO_ROOM } from '../../src/files/no-room';
import type { StorageUse } from '../storage/measure';
import type { EngineAnswers } from '../store/fake-engine';
import { asProblem } from '../store/problem';
import { freeName, isActive, type RunRecord, withoutResult } from '../store/run-record';
import type { Session } from '../store/session';
import { slowdownWords } from '../store/slowdown';
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

/** What is stored in every state. */
export const STORAGE_USE: StorageUse = {
  projects: [
    { id: 'flowers', name: 'Flowers, five kinds', bytes: 187_000_000 },
    { id: project.id, name: project.name, bytes: 21_400_000 },
    { id: 'cut-off', name: null, bytes: 9_100_000 },
  ],
  backbones: [
    {
      ...{ id: 'tv2_in1k', bytes: 102_469_840 },
      stored: {
        ...{ id: 'tv2_in1k', label: 'ResNet-50 V2', fileName: 'model.safetensors', bytes: 102_469_840 },
        ...{ total: 102_469_840, kind: 'whole', savedAt: Date.UTC(2026, 10, 20), precision: 'original' },
        ...{ sha256: null, verified: true },
      },
    },
    {
      ...{ id: 'a1_in1k', bytes: 41_200_000 },
      stored: {
        ...{ id: 'a1_in1k', label: 'ResNet-50 A1', fileName: 'model.safetensors', bytes: 41_200_000 },
        ...{ total: 102_469_840, kind: 'partial', savedAt: Date.UTC(2026, 10, 21), precision: 'original' },
        ...{ sha256: null, verified: false },
      },
    },
  ],
  ...{ computed: 3_310_000, page: 18_200_000, temporary: 12_800_000, other: 1_460_000 },
  ...{ used: 396_939_840, allowed: 2_147_483_648, isPersisted: false },
};

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
  'data/storage': { session: { ...withImages, showsStorage: true, storageUse: STORAGE_USE } },
  'data/asked-to-keep': { session: { ...withImages, persistence: 'refused' } },
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
      saving: { status: 'failed', problem: { kind: 'user', message: NO_ROOM }, isFull: true },
    },
  },
  'compare/slowed': {
    session: {
      ...{ ...withImages, ...running },
      slowdown: slowdownWords({
        still: [{ from: Date.UTC(2026, 10, 27, 14, 3), to: Date.UTC(2026, 10, 27, 14, 45) }],
        slow: { hidden: 3.1, visible: 12.4, seconds: 250 },
      }),
    },
  },
  'compare/no-checkpoints': {
    session: {
      ...{ ...withImages, ...running },
      checkpointProblem: NO_ROOM,
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
