/**
 * For tests and the page of states: an engine with given results. For tests only: a session after a start, an import and a count of
 * parameters.
 */
import type { BackboneSummary } from '../../src/core/backbone';
import type { DatasetSummary } from '../../src/core/dataset';
import type { EngineInfo } from '../../src/core/engine';
import type { ModelSummary } from '../../src/core/model';
import type { RunConfig, RunResult } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import type { CallName, Calls, Report } from '../../src/worker/protocol';
import type { CallOptions } from '../engine';
import { connectTo, type EngineClient } from './engine-actions';
import { useSession, write } from './session';

/** A pending call. */
export interface Asked<K extends CallName = CallName> {
  call: K;
  input: Calls[K]['in'];
  options: CallOptions<K>;
  resolve(answer: Calls[K]['out']): void;
  reject(error: Error): void;
}

export type EngineAnswers = {
  [K in CallName]?: (
    input: Calls[K]['in'],
    options: CallOptions<K>,
  ) => Calls[K]['out'] | Promise<Calls[K]['out']>;
};

export class FakeEngine implements EngineClient {
  /** All calls, pending or settled. */
  readonly asked: Asked[] = [];
  terminated = false;

  constructor(
    readonly report: (report: Report) => void,
    readonly answers: EngineAnswers,
  ) {}

  call<K extends CallName>(
    call: K,
    input: Calls[K]['in'],
    options: CallOptions<K> = {},
  ): Promise<Calls[K]['out']> {
    return new Promise((resolve, reject) => {
      this.asked.push({ call, input, options, resolve, reject } as Asked); // only read again by the name of its call
      options.signal?.addEventListener('abort', () => reject(new DOMException('Cancelled.', 'AbortError')));
      const answer = this.answers[call];
      if (answer)
        Promise.resolve(input)
          .then((given) => answer(given, options))
          .then(resolve, reject);
    });
  }

  terminate(): void {
    this.terminated = true;
    for (const { reject } of this.asked) reject(new DOMException('The engine was ended.', 'AbortError'));
  }

  /** The calls of this name, in order. */
  of<K extends CallName>(call: K): Asked<K>[] {
    return this.asked.filter((each) => each.call === call) as unknown as Asked<K>[]; // the filter on `call` determines the type
  }

  /** The latest call with this name. */
  last<K extends CallName>(call: K): Asked<K> {
    const found = this.of(call).at(-1);
    if (!found) throw new Error(`The engine was not asked to ${call}.`);
    return found;
  }
}

// Only the fields that the page reads.

export const INFO = {
  ...{ backend: 'wasm', choice: 'auto', precision: 'single', reason: 'A test.', threads: 1 },
} as EngineInfo;

export const backboneNamed = (name: string, inputSize = 64) =>
  ({
    id: name,
    name,
    inputSize,
    key: `${name} at ${inputSize}`,
    hash: name,
    stages: { used: 4, inFile: 4 },
  }) as BackboneSummary;

export const dataNamed = (name: string, seed = 0) =>
  ({
    ...{ name, hash: name, split: 'stratified', testSplit: null, seed, testPart: 0, preset: 'whole' },
    ...{ augmentation: 'none', reading: {}, leftOut: [] },
    classes: [{ name: 'a', train: 2, val: 1, test: 0 }],
  }) as unknown as DatasetSummary;

export const setting = (id: string) =>
  ({
    ...{ id, label: id, symbol: id, description: '', options: [], learningRate: 1e-3, tunedLayers: 1 },
    ...{ trainable: { backbone: 10, head: 4 }, paper: '', memory: { fits: true, bytes: 1, sentence: '' } },
  }) as unknown as SettingSummary;

export const modelOf = (modelId: string, backbone = backboneNamed('starter')) =>
  ({
    ...{ modelId, name: modelId, backbone: { key: backbone.key, name: backbone.name }, classes: ['a'] },
    ...{ trainable: { backbone: 1, head: 1 }, adapterBytes: 9, file: null },
  }) as ModelSummary;

export const resultOf = (config: RunConfig) =>
  ({
    ...{ outcome: 'finished', message: '', config, trainable: { backbone: 10, head: 4 }, keptEpoch: 1 },
    epochs: [{ epoch: 1, trainLoss: 1, valLoss: 1, correct: 1, total: 1, seconds: 2 }],
    ...{ validation: { targets: [0], predicted: [0] }, test: null, seconds: 2, imagesPerSecond: 5 },
    ...{ backend: 'wasm', precision: 'single' },
  }) as RunResult;

const FRESH = useSession.getState();

/** Connects the page to a fake engine. The list has all engines made so far, the current one last. */
export function connectFake(answers: EngineAnswers = {}): FakeEngine[] {
  const engines: FakeEngine[] = [];
  write(FRESH, true);
  connectTo((report) => {
    const engine = new FakeEngine(report, { settings: () => SETTINGS, forget: () => null, ...answers });
    engines.push(engine);
    return engine;
  });
  return engines;
}

const SETTINGS = ['linear-probe', 'atoms', 'lora'].map(setting);

/** The session after a start, an import and a count of parameters. */
export function ready(backbone = backboneNamed('starter'), dataset: DatasetSummary | null = dataNamed('d1')) {
  write({ engine: { status: 'ready', info: INFO }, backbone, dataset, settings: SETTINGS });
}

/** Resolves after all pending microtasks. */
export const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
