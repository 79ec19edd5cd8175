/** The engine's state between calls, and the handlers of all calls. There is one session per worker. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { backboneLabel } from '../backbone/backbone-label';
import { startBackend } from '../backend';
import type { EngineInfo } from '../core/engine';
import type { Expected, LayerMovement, ModelSummary } from '../core/model';
import type { MemoryPlan, RunConfig, RunEvent } from '../core/run';
import { UserError } from '../core/user-error';
import { dataKey } from '../data/data-key';
import { type Dataset, importDataset, pixelBytes, resplit, summarize } from '../data/dataset';
import { imageNamed } from '../data/image-named';
import { openKept, writeKept } from '../data/kept-dataset';
import { framingOf } from '../data/presets';
import { type AtomCoding, codingKey, plainAtoms } from '../decompose/atom-coding';
import { CoefficientCache } from '../decompose/coefficient-cache';
import { decomposeBackbone, type LayerCodes, type LayerDictionary } from '../decompose/layer-codes';
import type { LayerOptions } from '../decompose/layer-workers';
import { health } from '../engine-health';
import {
  adapterSize,
  openAdapter,
  type Recomputation,
  readModel,
  type StoredModel,
  scoreOf,
  trainingSummary,
  withModel,
  writeAdapter,
} from '../export/adapter';
import { decodeAdapter } from '../export/adapter-file';
import { createPrivateFile, deleteStaleFiles, privateBytes } from '../files/private-file';
import { deleteInProject } from '../files/project-folder';
import { sha256 } from '../files/sha256';
import { keep } from '../hub/keep';
import { sourceOfFile } from '../hub/sources';
import { STARTER } from '../hub/starter';
import { deleteStored, storedBackbones } from '../hub/stored';
import { METHODS, methodById } from '../methods';
import { assertDefined, checkOptions, type TuningMethod } from '../methods/method';
import { adaptPrograms, checkFp16 } from '../ops/webgpu/adapt';
import type { RunIdentity } from '../training/checkpoint-file';
import { ambiguousBases, decompositionsFor, dictionariesOf } from '../training/decompositions';
import type { KeptOnHeap } from '../training/memory-heap';
import { planMemory } from '../training/memory-plan';
import { measurePace } from '../training/pace';
import { parameterName, valuesOf } from '../training/parameters';
import { parseRunConfig } from '../training/run-config';
import { measureRunTiming } from '../training/run-timing';
import { settingSummary } from '../training/setting-summary';
import { type Job, RunCache } from '../training/train';
import { TunedModel } from '../training/tuned-model';
import { BasisStore } from './basis-store';
import { CheckpointKeeper, readCheckpoint } from './checkpoints';
import { classifyFiles } from './classify';
import { readDictionaries, writeDictionaries } from './dictionary-memory';
import { EngineLock } from './lock';
import { keyOf, openBackbone } from './open-backbone';
import { type Action, type Activity, obstacleTo, type Work } from './permissions';
import type { CallName, Calls } from './protocol';
import { recognizeData, recognizeFile } from './recognize';
import { runToEnd, type Safeguard } from './run';
import { RunControl } from './run-control';
import { storedSide } from './stored-side';
import { tileMemory } from './tile-memory';

export interface Context<K extends CallName> {
  progress: (value: Calls[K]['progress']) => void;
  signal: AbortSignal;
}

export type Handlers = {
  [K in CallName]: (input: Calls[K]['in'], context: Context<K>) => Promise<Calls[K]['out']>;
};

/** Size of the coefficient cache, bytes. */
const COEFFICIENTS_KEPT = 512e6;

/** Steps between reads of the loss. On a GPU every read waits for all queued work. */
const STEPS_PER_REPORT = { wasm: 1, webgpu: 4 } as const;

/** Dependencies of a session that tests replace. */
export interface SessionParts {
  startBackend: typeof startBackend;
  openBackbone: typeof openBackbone;
  importDataset: typeof importDataset;
}

const PARTS: SessionParts = { startBackend, openBackbone, importDataset };

/** @param siteUrl the URL from which `public/` is served */
export function createSession(siteUrl: string, parts: SessionParts = PARTS): Handlers {
  const lock = new EngineLock();
  let engineState: Activity['engine'] = 'starting';
  let engine: EngineInfo | null = null;
  let backbone: Backbone | null = null;
  let dataset: Dataset | null = null;
  let frozen = new RunCache(createPrivateFile);
  /** The computed atoms, by `codingKey`, then by layer. */
  let dictionaries = new Map<string, Map<string, LayerDictionary>>();
  /** The coefficients of runs and models. */
  const coefficients = new CoefficientCache(COEFFICIENTS_KEPT);
  const bases = new BasisStore();
  const recomputation: Recomputation = { coefficients: coefficients.recall, bases: bases.find };
  /** Each model with its backbone. */
  const models = new Map<string, { stored: StoredModel; backbone: ModelSummary['backbone'] }>();
  /** The run in progress. */
  let run: { id: string; control: RunControl } | null = null;

  /** @throws UserError if the table of permissions does not allow the action */
  function allow(action: Action): void {
    const obstacle = obstacleTo(action, {
      engine: engineState,
      work: lock.work,
      queued: false,
      hasBackbone: backbone !== null,
      hasData: dataset !== null,
    });
    if (obstacle !== null) throw new UserError(obstacle);
  }

  /** The backbone in use. @throws UserError if the request was made for another backbone */
  function expectedBackbone({ backbone: wanted }: Pick<Expected, 'backbone'>): Backbone {
    const present = assertStarted(backbone);
    if (keyOf(present) === wanted.key) return present;
    throw new UserError(
      `This request was made for the backbone ${wanted.name}, but ${backboneLabel(present)} is loaded now. Load ${wanted.name} again, or repeat the request.`,
    );
  }

  /** The data in use. @throws UserError if the request was made for other data */
  function expectedData({ data: wanted }: Pick<Expected, 'data'>): Dataset {
    const present = withData(dataset);
    if (dataKey(present) === wanted.key) return present;
    throw new UserError(
      `This request was made for the data “${wanted.name}”, but “${present.name}” is loaded now, or the split is different. Import and split the data as before, or repeat the request.`,
    );
  }

  /** Runs `task` as exclusive work. @throws UserError if it may not begin now */
  async function exclusive<T>(
    action: Action,
    work: Exclude<Work, 'start'>,
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    allow(action);
    return lock.exclusive(work, signal, task);
  }

  /** Runs work that reads the backbone, the data or a model. */
  function reading<T>(
    action: 'read' | 'decompose' | 'recognizeData',
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return lock.read(signal, (signal) => {
      allow(action);
      return task(signal);
    });
  }

  function resetFrozen(): void {
    frozen.dispose();
    frozen = new RunCache(createPrivateFile);
  }

  function forgetAtoms(): void {
    dictionaries = new Map();
    coefficients.clear();
    bases.clear();
  }

  async function setDataset(next: Dataset): Promise<Calls['importData']['out']> {
    const summary = await summarize(next);
    await lock.replace(() => {
      dataset = next;
      resetFrozen();
    });
    return summary;
  }

  /** The decompositions of these layers, from atoms in memory, from stored atoms, or computed now. */
  async function layerCodes(
    coding: AtomCoding,
    layers: readonly string[],
    options: LayerOptions,
  ): Promise<LayerCodes> {
    const trunk = assertStarted(backbone);
    const key = codingKey(coding);
    const known = dictionaries.get(key) ?? new Map<string, LayerDictionary>();
    dictionaries.set(key, known);
    const missing = () => layers.filter((layer) => !known.has(layer));
    if (missing().length > 0) {
      const specs = missing().map((layer) => trunk.convolution(layer).spec);
      for (const [layer, found] of await readDictionaries(trunk.hash, coding, specs)) known.set(layer, found);
    }
    if (missing().length > 0) {
      const learned = await decomposeBackbone(trunk, coding, missing(), options);
      await writeDictionaries(trunk.hash, coding, learned);
      coefficients.add(learned);
      for (const [layer, { coefficients: _, ...found }] of learned) known.set(layer, found);
    }
    const wanted = new Map(layers.map((layer) => [layer, assertDefined(known.get(layer), layer)]));
    return coefficients.recall(trunk, coding, wanted, options);
  }

  function remember(
    modelId: string,
    stored: StoredModel,
    trunk: Backbone,
    file: ModelSummary['file'],
  ): ModelSummary {
    const owner = { key: keyOf(trunk), name: backboneLabel(trunk) };
    models.set(modelId, { stored, backbone: owner });
    const { training } = stored;
    return {
      modelId,
      name: stored.name,
      backbone: owner,
      setting: training.config.setting,
      classes: stored.classes,
      trainable: training.trainable,
      score: scoreOf(training),
      data: training.data,
      ended: training.ended,
      adapterBytes: adapterSize(stored, trunk),
      file,
    };
  }

  /** Memory on the JavaScript heap before a run adds to it. */
  function keptOnHeap(): KeptOnHeap {
    let trained = 0;
    for (const { stored } of models.values()) trained += stored.values.byteLength;
    return { pixels: dataset ? pixelBytes(dataset) : 0, coefficients: coefficients.bytes, models: trained };
  }

  async function plan(
    method: TuningMethod,
    asked: Pick<RunConfig, 'options' | 'batchSize' | 'augmentation' | 'views'>,
    memoryCap: number | null,
    mostAtOnce: number | null = null,
  ): Promise<MemoryPlan> {
    const { network, inputSize, precision } = assertStarted(backbone);
    const { backend, limits } = assertStarted(engine);
    const images = { train: dataset?.train.labels.length ?? 0, val: dataset?.val.labels.length ?? 0 };
    const classes = dataset?.classes.length ?? 0;
    return planMemory(
      {
        network,
        inputSize,
        method,
        classes,
        images,
        kept: keptOnHeap(),
        ...asked,
        mostAtOnce: mostAtOnce ?? undefined,
      },
      {
        backend,
        precision,
        buffer: limits.buffer,
        budget: memoryCap ?? limits.budget,
        storage: await privateBytes(),
      },
    );
  }

  /**
   * Plans a run, computes its atoms, and passes it to `work`.
   * @throws UserError if the run does not fit into memory, or the backbone or the data are not those expected
   */
  async function withJob<T>(
    config: RunConfig,
    expected: Expected,
    { memoryCap, mostAtOnce = null }: { memoryCap: number | null; mostAtOnce?: number | null },
    options: LayerOptions,
    work: (job: Omit<Job, 'clock'>) => Promise<T>,
    onPlanned: (memory: MemoryPlan) => void = () => {},
  ): Promise<T> {
    const [trunk, data] = [expectedBackbone(expected), expectedData(expected)];
    const [info, cache] = [assertStarted(engine), frozen];
    const method = methodById(config.setting);
    checkOptions(method, config.options);
    const memory = await plan(method, config, memoryCap, mostAtOnce);
    onPlanned(memory);
    if (!memory.fits) throw new UserError(memory.sentence);
    const decompositions = await decompositionsFor(trunk, method, config.options, {
      codes: (coding, layers) => layerCodes(coding, layers, options),
      bases: (spec, layers) => bases.find(trunk, spec, layers, options),
    });
    const model = new TunedModel(trunk, method, config.options, data.classes.length, decompositions);
    const { microBatch, gradientCheckpointing, evaluationBatch, frozenFeatures } = memory;
    const reportEvery = STEPS_PER_REPORT[info.backend];
    try {
      return await work({
        ...{ model, dataset: data, config, cache, reportEvery },
        ...{ microBatch, gradientCheckpointing, evaluationBatch, frozenFeatures },
      });
    } finally {
      model.dispose();
    }
  }

  function model(modelId: string): StoredModel {
    const found = models.get(modelId);
    if (!found)
      throw new UserError(
        'This model is no longer in memory. Run its setting again, or load its adapter file.',
      );
    if (found.backbone.key !== keyOf(assertStarted(backbone)))
      throw new UserError(`This model belongs to another backbone. Choose ${found.backbone.name} to use it.`);
    return found.stored;
  }

  return {
    start({ backend }, { progress, signal }) {
      return lock.takeOver('start', signal, (signal) =>
        // State of the previous backend must not be read during the restart.
        lock.replace(async () => {
          engineState = 'starting';
          progress({ label: 'Starting the engine', done: 0, total: 2 });
          resetFrozen();
          backbone?.dispose();
          backbone = null;
          dataset = null;
          models.clear();
          forgetAtoms();
          try {
            await deleteStaleFiles();
            engine = await parts.startBackend(backend);
            if (engine.backend === 'webgpu') await adaptPrograms(tileMemory);
            if (engine.precision === 'half' && !(await checkFp16()))
              engine = { ...engine, precision: 'single' };
            progress({ label: 'Loading the starter backbone', done: 1, total: 2 });
            const { precision } = engine;
            const opened = await parts.openBackbone(STARTER, {
              ...{ siteUrl, precision, signal },
              progress: () => {},
            });
            backbone = opened.backbone;
            health.check();
            engineState = 'ready';
            return { engine, backbone: opened.summary };
          } catch (error) {
            engineState = 'failed';
            throw error;
          }
        }),
      );
    },

    useBackbone(choice, { progress, signal }) {
      return exclusive('useBackbone', 'backbone', signal, async (signal) => {
        const { precision } = assertStarted(engine);
        const opened = await parts.openBackbone(choice, { siteUrl, precision, progress, signal });
        const dataStays = await lock.replace(() => {
          backbone?.dispose();
          backbone = opened.backbone;
          forgetAtoms();
          resetFrozen();
          // Images stored at another size would be cropped wrongly.
          if (dataset && dataset.side !== storedSide(backbone.inputSize, framingOf(dataset.preset)))
            dataset = null;
          return dataset !== null;
        });
        health.check();
        return { backbone: opened.summary, dataStays };
      });
    },

    async storage() {
      return { stored: await storedBackbones() };
    },

    async deleteStored({ id }) {
      allow('changeStorage');
      await deleteStored(id);
      return { stored: await storedBackbones() };
    },

    async keepFile({ file }, { progress, signal }) {
      allow('changeStorage');
      const row = sourceOfFile(file.name);
      const own = { id: `own file ${file.name}`, label: file.name, bytes: file.size, sha256: null };
      await keep(file, row ?? own, { onProgress: progress, signal });
      return { stored: await storedBackbones() };
    },

    recognize({ image, fileName, expected }, { signal }) {
      return reading('read', signal, () => recognizeFile(expectedBackbone(expected), image, fileName));
    },

    recognizeData({ perClass, expected }, { progress, signal }) {
      return reading('recognizeData', signal, (signal) =>
        recognizeData(expectedBackbone(expected), expectedData(expected), perClass, (done, total) => {
          signal.throwIfAborted();
          progress({ label: 'Classifying your images', done, total });
        }),
      );
    },

    async memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },

    importData({ source, reading, ...choice }, { progress, signal }) {
      return exclusive('importData', 'data', signal, async (signal) => {
        const side = storedSide(assertStarted(backbone).inputSize, framingOf(choice.preset));
        const options = { ...choice, side, onProgress: progress, signal };
        return setDataset(
          await (source.kind === 'kept'
            ? openKept(source, { ...options, reading })
            : parts.importDataset(source, { ...options, reading: reading ?? {} })),
        );
      });
    },

    keepData: ({ project, data, expected }, { signal }) =>
      reading('read', signal, async () => {
        try {
          await writeKept({ project, data }, expectedData(expected));
        } catch (error) {
          await deleteInProject(project, 'data', data);
          throw error;
        }
        return null;
      }),

    image: ({ path, expected }, { signal }) =>
      reading('read', signal, () => imageNamed(expectedData(expected), path)),

    resplit(choice, { signal }) {
      return exclusive('resplit', 'data', signal, async () => setDataset(resplit(withData(dataset), choice)));
    },

    decompose({ count, expected }, { progress, signal }) {
      return reading('decompose', signal, async (signal) => {
        const { convolutions: layers } = expectedBackbone(expected);
        const spatial = [...layers.values()].map(({ spec }) => spec).filter(({ kernel }) => kernel > 1);
        const names = spatial.map(({ name }) => name);
        const found = await layerCodes(plainAtoms(count), names, { onProgress: progress, signal });
        return spatial.map(({ name, kernel, cIn, cOut }) => {
          const { atoms, relativeError } = assertDefined(found.get(name), name);
          return { layer: name, kernel, cIn, cOut, count, atoms, relativeError };
        });
      });
    },

    settings: ({ options, batchSize, augmentation, views, memoryCap }, { signal }) =>
      reading('read', signal, () => {
        const { network } = assertStarted(backbone);
        const classes = dataset?.classes.length ?? 0;
        return Promise.all(
          METHODS.map((method) =>
            settingSummary(method, options[method.id] ?? {}, network, classes, (chosen) =>
              plan(method, { options: chosen, batchSize, augmentation, views }, memoryCap),
            ),
          ),
        );
      }),

    plan: ({ configs, memoryCap }, { signal }) =>
      reading('read', signal, () => {
        withData(dataset);
        return Promise.all(
          configs.map((unchecked) => {
            const config = parseRunConfig(unchecked);
            const method = methodById(config.setting);
            checkOptions(method, config.options);
            return plan(method, config, memoryCap);
          }),
        );
      }),

    pace: ({ expected }, { signal }) =>
      reading('read', signal, (signal) => {
        const { backend } = assertStarted(engine);
        return measurePace(expectedBackbone(expected), expectedData(expected), backend, signal);
      }),

    measure({ config, memoryCap, expected }, { progress, signal }) {
      return exclusive('measure', 'timing', signal, (signal) => {
        const { clock } = new RunControl();
        const options = { onProgress: progress, signal };
        return withJob(parseRunConfig(config), expected, { memoryCap }, options, (job) =>
          measureRunTiming({ ...job, clock }, signal, progress),
        );
      });
    },

    train({ runId, name, config: unchecked, scoreTest, project, expected, ...limits }, { progress, signal }) {
      return exclusive('train', 'run', signal, async (signal) => {
        const control = new RunControl();
        signal.addEventListener('abort', () => control.act('stop'));
        run = { id: runId, control };
        const config = parseRunConfig(unchecked);
        try {
          return await withJob(
            config,
            expected,
            limits,
            {
              onProgress: (value) => progress({ kind: 'phase', ...value }),
              signal: control.signal,
              ready: () => control.ready(),
            },
            async (job) => {
              const identity = { config, backbone: expected.backbone.key, data: expected.data.key };
              const { result, values } = await safely(
                { project, runId, identity },
                progress,
                (onEvent, safeguard) =>
                  runToEnd(job, control, assertStarted(engine), onEvent, scoreTest, safeguard),
              );
              const { model, dataset } = job;
              const stored = {
                ...{ name, classes: dataset.classes, values },
                dictionaries: dictionariesOf(model.decompositions),
                bases: ambiguousBases(model.decompositions),
                framing: framingOf(dataset.preset),
                training: trainingSummary(result, dataset, new Date()),
              };
              return { result, model: remember(runId, stored, model.backbone, null) };
            },
            (memory) => progress({ kind: 'planned', memory }),
          );
        } finally {
          run = null;
        }
      });
    },

    async control({ runId, action }) {
      if (run?.id === runId) run.control.act(action);
      return null;
    },

    exportAdapter: ({ modelId, name }, { signal }) =>
      reading('read', signal, async () => {
        const stored = { ...model(modelId), name };
        return {
          fileName: adapterFileName(name),
          file: await writeAdapter(stored, assertStarted(backbone), recomputation),
        };
      }),

    loadAdapter: ({ modelId, fileName, file }, { signal }) =>
      reading('read', signal, async () => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        const adapter = decodeAdapter(bytes, fileName);
        const trunk = assertStarted(backbone);
        const { stored, checkDifference } = await openAdapter(adapter, trunk, fileName, recomputation);
        return remember(modelId, stored, trunk, {
          name: fileName,
          hash: await sha256(bytes),
          checkDifference,
        });
      }),

    restoreModel: ({ modelId, fileName, file }, { signal }) =>
      reading('read', signal, async () => {
        const adapter = decodeAdapter(new Uint8Array(await file.arrayBuffer()), fileName);
        const trunk = assertStarted(backbone);
        remember(modelId, await readModel(adapter, trunk, fileName), trunk, null);
        return null;
      }),

    classify: ({ modelIds, images, expected }, { signal }) =>
      reading('read', signal, (signal) =>
        classifyFiles(expectedBackbone(expected), modelIds.map(model), images, recomputation, signal),
      ),

    movement: ({ modelId, expected }, { signal }) =>
      reading('read', signal, async () => {
        const trunk = expectedBackbone(expected);
        return movement(model(modelId), trunk, recomputation);
      }),

    async forget({ modelId }) {
      models.delete(modelId);
      return null;
    },
  };
}

/** Runs `work` with the run's saved point, if there is one, and saves its points from then on. */
async function safely<T>(
  { project, runId, identity }: { project: string | null; runId: string; identity: RunIdentity },
  progress: (event: RunEvent) => void,
  work: (onEvent: (event: RunEvent) => void, safeguard?: Safeguard) => Promise<T>,
): Promise<T> {
  if (project === null) return work(progress);
  const found = await readCheckpoint(project, runId, identity);
  const from = found?.point ?? null;
  const keeper = new CheckpointKeeper({ project, runId }, identity, from, progress);
  if (found) {
    const { state, epochs, kept } = found.point;
    const { losses } = found;
    progress({ kind: 'resumed', step: state.optimizer.step, losses, epochs, keptEpoch: kept.epoch });
  }
  const onEvent = (event: RunEvent) => {
    keeper.note(event);
    progress(event);
  };
  try {
    return await work(onEvent, { from, onResumable: keeper.onResumable });
  } finally {
    await keeper.close();
  }
}

function assertStarted<T>(part: T | null): T {
  if (part === null) throw new Error('A request was made before the engine was started.');
  return part;
}

function withData(dataset: Dataset | null): Dataset {
  if (!dataset)
    throw new UserError('There are no images yet. Load a folder of images or choose a sample set first.');
  return dataset;
}

/** The relative change of each tuned layer, and its atoms if the setting trains them. */
function movement(
  stored: StoredModel,
  backbone: Backbone,
  recompute: Recomputation,
): Promise<LayerMovement[]> {
  const measured = async (open: TunedModel) => {
    const norms = await open.updateNorms(stored.values);
    return [...norms].map(([layer, norm]) => {
      const { pretrained, spec } = backbone.convolution(layer);
      const { atomChange, id } = open.method;
      const change = open.table.parameters.find(
        ({ name }) => atomChange && name === parameterName(layer, id, atomChange),
      );
      const before = stored.dictionaries.plain.get(layer)?.atoms;
      return {
        layer,
        relativeChange: norm / euclideanNorm(pretrained),
        atoms:
          change && before
            ? {
                count: change.shape[0] ?? 0,
                kernel: spec.kernel,
                before,
                change: valuesOf(stored.values, change),
              }
            : null,
      };
    });
  };
  return withModel(stored, backbone, measured, recompute);
}

/** ‖values‖₂ */
function euclideanNorm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function adapterFileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return `${plain || 'adapter'}.safetensors`;
}
