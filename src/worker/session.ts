/** What the engine keeps between calls, and how it answers each of them. One session per worker. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import { startBackend } from '../backend';
import { type Dataset, importDataset, resplit, summarize } from '../data/dataset';
import { decodeImage, type Framing } from '../data/decode';
import { framingOf } from '../data/presets';
import { type AtomCoding, codingKey, plainAtoms } from '../decompose/atom-coding';
import { decomposeBackbone, type LayerCodes, recodeBackbone } from '../decompose/layer-codes';
import { health } from '../engine-health';
import {
  logitsOf,
  openAdapter,
  type StoredModel,
  trainingSummary,
  withModel,
  writeAdapter,
} from '../export/adapter';
import { decodeAdapter } from '../export/adapter-file';
import { createPrivateFile, deleteStaleFiles, privateBytes } from '../files/private-file';
import { keep } from '../hub/keep';
import { sourceOfFile } from '../hub/sources';
import { STARTER } from '../hub/starter';
import { deleteStored, storedBackbones } from '../hub/stored';
import { METHODS, methodById } from '../methods';
import { checkOptions, given, type TuningMethod } from '../methods/method';
import { adaptPrograms, tryHalves } from '../ops/webgpu/adapt';
import { codesFor } from '../training/atom-codes';
import { centreOf } from '../training/batch';
import { planMemory } from '../training/memory-plan';
import { measurePace } from '../training/pace';
import { parameterName, parameterTable, tunedLayers, valuesOf } from '../training/parameters';
import { parseRunConfig } from '../training/run-config';
import { FrozenCache, type Job } from '../training/train';
import { TunedModel } from '../training/tuned-model';
import { UserError } from '../user-error';
import { readDictionaries, writeDictionaries } from './dictionary-memory';
import { keyOf, openBackbone } from './open-backbone';
import type {
  CallName,
  Calls,
  EngineInfo,
  LayerMovement,
  MemoryPlan,
  ModelSummary,
  Progress,
  RunConfig,
  SettingSummary,
  Storage,
} from './protocol';
import { recognizeData, recognizeFile } from './recognize';
import { runToEnd } from './run';
import { RunControl } from './run-control';
import { tileMemory } from './tile-memory';

export interface Context<K extends CallName> {
  progress: (value: Calls[K]['progress']) => void;
  signal: AbortSignal;
}

export type Handlers = {
  [K in CallName]: (input: Calls[K]['in'], context: Context<K>) => Promise<Calls[K]['out']>;
};

/** Bytes of coefficients that are kept for runs to come. */
const CODES_KEPT = 512e6;

/** Among the runs, the timing of one. */
const MEASURING = 'measuring';

/** Losses are read back this often: on a GPU every read waits for all work queued before it. */
const STEPS_PER_REPORT = { wasm: 1, webgpu: 4 } as const;

/** Images are kept at 8/7 of the input size, so that a crop has room (METHOD §5); squeezed ones are whole as they are. */
function storedSide(inputSize: number, framing: Framing): number {
  return framing === 'squeeze' ? inputSize : Math.floor((inputSize * 8) / 7);
}

/** `siteUrl`: where `public/` is served from. */
export function createSession(siteUrl: string): Handlers {
  let engine: EngineInfo | null = null;
  let backbone: Backbone | null = null;
  let dataset: Dataset | null = null;
  let frozen = new FrozenCache(createPrivateFile);
  /** By `codingKey`, the latest last. */
  let codes = new Map<string, LayerCodes>();
  /** With the backbone that each belongs to. */
  const models = new Map<string, { stored: StoredModel; backbone: ModelSummary['backbone'] }>();
  const runs = new Map<string, RunControl>();

  function resetFrozen(): void {
    frozen.dispose();
    frozen = new FrozenCache(createPrivateFile);
  }

  function setDataset(next: Dataset): Promise<Calls['importData']['out']> {
    dataset = next;
    resetFrozen();
    return summarize(next);
  }

  /** Codes of these layers, at least: those at hand, of remembered atoms, or found now. */
  async function layerCodes(
    coding: AtomCoding,
    layers: readonly string[],
    progress: (value: Progress) => void,
    signal: AbortSignal,
  ): Promise<LayerCodes> {
    // Another backbone may take this one's place meanwhile, with codes of its own.
    const present = codes;
    const key = codingKey(coding);
    const known = present.get(key) ?? new Map();
    const missing = layers.filter((layer) => !known.has(layer));
    if (missing.length === 0) return known;
    const trunk = ready(backbone);
    const options = { onProgress: progress, signal };
    const specs = missing.map((layer) => trunk.convolution(layer).spec);
    const remembered = await readDictionaries(trunk.hash, coding, specs);
    const unknown = missing.filter((layer) => !remembered.has(layer));
    const recoded = await recodeBackbone(trunk, coding, remembered, options);
    const learned = await decomposeBackbone(trunk, coding, unknown, options);
    if (learned.size > 0) await writeDictionaries(trunk.hash, coding, learned);
    const found = new Map([...known, ...recoded, ...learned]);
    present.delete(key);
    present.set(key, found);
    // Coefficients are as large as kernels: of many codings tried one after another, the latest stay.
    let kept = 0;
    for (const [each, its] of [...present].reverse()) {
      for (const { coefficients } of its.values()) kept += coefficients.byteLength;
      if (kept > CODES_KEPT && each !== key) present.delete(each);
    }
    return found;
  }

  async function remember(
    modelId: string,
    stored: StoredModel,
    checkDifference: number | null,
  ): Promise<ModelSummary> {
    const trunk = ready(backbone);
    const file = await writeAdapter(stored, trunk);
    const owner = { key: keyOf(trunk), name: `${trunk.name}, ${trunk.inputSize} px` };
    models.set(modelId, { stored, backbone: owner });
    const { training } = stored;
    return {
      modelId,
      name: stored.name,
      backbone: owner,
      setting: training.config.setting,
      classes: stored.classes,
      trainable: training.trainable,
      accuracy: training.validationImages === 0 ? 0 : training.correct / training.validationImages,
      validationImages: training.validationImages,
      adapterBytes: file.byteLength,
      checkDifference,
    };
  }

  async function plan(
    method: TuningMethod,
    asked: Pick<RunConfig, 'options' | 'batchSize' | 'augmentation' | 'views'>,
    memoryCap: number | null,
  ): Promise<MemoryPlan> {
    const { network, inputSize, precision } = ready(backbone);
    const { backend, limits } = ready(engine);
    const images = { train: dataset?.train.labels.length ?? 0, val: dataset?.val.labels.length ?? 0 };
    const classes = dataset?.classes.length ?? 0;
    return planMemory(
      { network, inputSize, method, classes, images, ...asked },
      {
        backend,
        precision,
        buffer: limits.buffer,
        budget: memoryCap ?? limits.budget,
        storage: await privateBytes(),
      },
    );
  }

  /** Plans a run, finds its atoms, and lends it to `work`. Throws `UserError` where it does not fit into memory. */
  async function withJob<T>(
    config: RunConfig,
    memoryCap: number | null,
    signal: AbortSignal,
    tell: (value: Progress) => void,
    work: (job: Omit<Job, 'clock'>) => Promise<T>,
    onPlanned: (memory: MemoryPlan) => void = () => {},
  ): Promise<T> {
    const [trunk, data, info, cache] = [ready(backbone), withData(dataset), ready(engine), frozen];
    const method = methodById(config.setting);
    checkOptions(method, config.options);
    const memory = await plan(method, config, memoryCap);
    onPlanned(memory);
    if (!memory.fits) throw new UserError(memory.sentence);
    const codes = await codesFor(trunk, method, config.options, (coding, layers) =>
      layerCodes(coding, layers, tell, signal),
    );
    const model = new TunedModel(trunk, method, config.options, data.classes.length, codes);
    const { microBatch, recompute, evaluationBatch, prefix } = memory;
    const reportEvery = STEPS_PER_REPORT[info.backend];
    try {
      return await work({
        ...{ model, dataset: data, config, cache, reportEvery },
        ...{ microBatch, recompute, evaluationBatch, prefix },
      });
    } finally {
      model.dispose();
    }
  }

  function model(modelId: string): StoredModel {
    const found = models.get(modelId);
    if (!found)
      throw new UserError('This model is no longer in memory. Run it again, or load its adapter file.');
    if (found.backbone.key !== keyOf(ready(backbone)))
      throw new UserError(`This model belongs to another backbone. Choose ${found.backbone.name} to use it.`);
    return found.stored;
  }

  return {
    async start({ backend }, { progress, signal }) {
      for (const control of runs.values()) control.act('stop');
      progress({ label: 'Starting the engine', done: 0, total: 2 });
      resetFrozen();
      backbone?.dispose();
      backbone = null;
      models.clear();
      codes = new Map();
      await deleteStaleFiles();
      engine = await startBackend(backend);
      if (engine.backend === 'webgpu') await adaptPrograms(tileMemory);
      if (engine.precision === 'half' && !(await tryHalves())) engine = { ...engine, precision: 'single' };
      progress({ label: 'Loading the starter backbone', done: 1, total: 2 });
      const { precision } = engine;
      const opened = await openBackbone(STARTER, { siteUrl, precision, progress: () => {}, signal });
      backbone = opened.backbone;
      health.check();
      return { engine, backbone: opened.summary };
    },

    async useBackbone(choice, { progress, signal }) {
      if (runs.size > 0)
        throw new UserError('A run is going. Stop it, or wait for its end, then change the backbone.');
      const { precision } = ready(engine);
      const opened = await openBackbone(choice, { siteUrl, precision, progress, signal });
      backbone?.dispose();
      backbone = opened.backbone;
      codes = new Map();
      resetFrozen();
      const dataStays =
        dataset !== null && dataset.side === storedSide(backbone.inputSize, framingOf(dataset.preset));
      // Pictures of another size would be cut wrongly.
      if (!dataStays) dataset = null;
      health.check();
      return { backbone: opened.summary, dataStays };
    },

    async storage() {
      return storageNow();
    },

    async deleteStored({ id }) {
      await deleteStored(id);
      return storageNow();
    },

    async keepFile({ file }, { progress, signal }) {
      const row = sourceOfFile(file.name);
      const own = { id: `own file ${file.name}`, label: file.name, bytes: file.size, sha256: null };
      await keep(file, row ?? own, { onProgress: progress, signal });
      return storageNow();
    },

    async recognize({ image, fileName }) {
      return recognizeFile(ready(backbone), image, fileName);
    },

    async recognizeData({ perClass }, { progress, signal }) {
      return recognizeData(ready(backbone), withData(dataset), perClass, (done, total) => {
        signal.throwIfAborted();
        progress({ label: 'Looking at your pictures', done, total });
      });
    },

    async memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },

    async importData({ source, ...choice }, { progress, signal }) {
      const side = storedSide(ready(backbone).inputSize, framingOf(choice.preset));
      return setDataset(await importDataset(source, { ...choice, side, onProgress: progress, signal }));
    },

    async resplit(choice) {
      return setDataset(resplit(withData(dataset), choice));
    },

    async decompose({ count }, { progress, signal }) {
      const { convolutions: layers } = ready(backbone);
      const spatial = [...layers.values()].map(({ spec }) => spec).filter(({ kernel }) => kernel > 1);
      const names = spatial.map(({ name }) => name);
      const found = await layerCodes(plainAtoms(count), names, progress, signal);
      return spatial.map(({ name, kernel, cIn, cOut }) => {
        const { atoms, relativeError } = given(found.get(name), name);
        return { layer: name, kernel, cIn, cOut, count, atoms, relativeError };
      });
    },

    async settings({ options, batchSize, augmentation, views, memoryCap }) {
      const { network } = ready(backbone);
      const specs = convolutions(network);
      const counted = async (method: TuningMethod): Promise<SettingSummary> => {
        const chosen = options[method.id] ?? {};
        const table = parameterTable(method, chosen, specs, network.features, dataset?.classes.length ?? 0);
        const { id, label, symbol, description, paper, learningRate, options: known } = method;
        const trainable = { backbone: table.backbone, head: table.head };
        return {
          id,
          label,
          symbol,
          description,
          paper,
          learningRate,
          options: known,
          trainable,
          tunedLayers: tunedLayers(table).size,
          memory: await plan(method, { options: chosen, batchSize, augmentation, views }, memoryCap),
        };
      };
      return Promise.all(METHODS.map(counted));
    },

    async plan({ configs, memoryCap }) {
      withData(dataset);
      return Promise.all(
        configs.map((unchecked) => {
          const config = parseRunConfig(unchecked);
          const method = methodById(config.setting);
          checkOptions(method, config.options);
          return plan(method, config, memoryCap);
        }),
      );
    },

    async measure({ config: unchecked, memoryCap }, { progress, signal }) {
      if (runs.size > 0) throw new UserError('A run is going. Time is measured when it is over.');
      const control = new RunControl();
      runs.set(MEASURING, control);
      try {
        return await withJob(parseRunConfig(unchecked), memoryCap, signal, progress, (job) =>
          measurePace({ ...job, clock: control.clock }, signal, progress),
        );
      } finally {
        runs.delete(MEASURING);
      }
    },

    async train({ runId, name, config: unchecked, memoryCap, scoreTest }, { progress, signal }) {
      if (runs.size > 0) throw new UserError('Another run is going. Wait for its end, or stop it.');
      const config = parseRunConfig(unchecked);
      const [data, info] = [withData(dataset), ready(engine)];
      const control = new RunControl();
      runs.set(runId, control);
      signal.addEventListener('abort', () => control.act('stop'));
      try {
        const tell = (value: Progress) => progress({ kind: 'phase', ...value });
        return await withJob(
          config,
          memoryCap,
          signal,
          tell,
          async (job) => {
            const { result, values } = await runToEnd(job, control, info.backend, progress, scoreTest);
            const { codes } = job.model;
            const { classes, preset } = data;
            const framing = framingOf(preset);
            const stored = { name, classes, values, codes, framing, training: trainingSummary(result) };
            return { result, model: await remember(runId, stored, null) };
          },
          (memory) => progress({ kind: 'planned', memory }),
        );
      } finally {
        runs.delete(runId);
      }
    },

    async control({ runId, action }) {
      runs.get(runId)?.act(action);
      return null;
    },

    async exportAdapter({ modelId, name }) {
      const stored = { ...model(modelId), name };
      return { fileName: adapterFileName(name), file: await writeAdapter(stored, ready(backbone)) };
    },

    async loadAdapter({ modelId, fileName, file }) {
      const adapter = decodeAdapter(new Uint8Array(await file.arrayBuffer()), fileName);
      const { stored, checkDifference } = await openAdapter(adapter, ready(backbone), fileName);
      return remember(modelId, stored, checkDifference);
    },

    async classify({ modelId, image, fileName }) {
      const trunk = ready(backbone);
      const stored = model(modelId);
      const { framing } = stored;
      const side = storedSide(trunk.inputSize, framing);
      const pixels = centreOf(await pixelsOf(image, fileName, side, framing), side, trunk.inputSize);
      const [logits = []] = await withModel(stored, trunk, (open, values) =>
        logitsOf(open, values, pixels, 1),
      );
      return { logits, probabilities: softmax(logits) };
    },

    async movement({ modelId }) {
      return movement(model(modelId), ready(backbone));
    },

    async forget({ modelId }) {
      models.delete(modelId);
      return null;
    },
  };
}

function ready<T>(part: T | null): T {
  if (part === null) throw new Error('The engine was asked before it was started.');
  return part;
}

/** RGB bytes `[side, side, 3]` of an image file. */
async function pixelsOf(
  image: Blob,
  fileName: string,
  side: number,
  framing: Framing,
): Promise<Uint8Array<ArrayBuffer>> {
  const decoded = await decodeImage(image, side, framing);
  if ('reason' in decoded) throw new UserError(`“${fileName}”: ${decoded.reason}`);
  return decoded.pixels;
}

async function storageNow(): Promise<Storage> {
  const stored = await storedBackbones();
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { stored, usage, quota, persisted: await navigator.storage.persisted() };
}

function withData(dataset: Dataset | null): Dataset {
  if (!dataset)
    throw new UserError('There is no data yet. Drop a folder of images or choose a sample set first.');
  return dataset;
}

/** How far each tuned layer moved, and its atoms where the setting trains them. */
function movement(stored: StoredModel, backbone: Backbone): Promise<LayerMovement[]> {
  return withModel(stored, backbone, async (open) => {
    const norms = await open.updateNorms(stored.values);
    return [...norms].map(([layer, norm]) => {
      const { pretrained, spec } = backbone.convolution(layer);
      const { atomChange, id } = open.method;
      const change = open.table.parameters.find(
        ({ name }) => atomChange && name === parameterName(layer, id, atomChange),
      );
      const before = stored.codes.plain.get(layer)?.atoms;
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
  });
}

/** ‖values‖₂ */
function euclideanNorm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function softmax(logits: number[]): number[] {
  const greatest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function adapterFileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return `${plain || 'adapter'}.safetensors`;
}
