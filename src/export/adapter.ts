/** Converts tuned models to adapter files and back; `adapter-file.ts` defines the file format. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import type { ModelScore } from '../core/model';
import type { RunResult } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { UserError } from '../core/user-error';
import type { Framing } from '../data/decode';
import { basisShapes, type LayerBases } from '../decompose/bases';
import type { Recall } from '../decompose/coefficient-cache';
import { type BackboneBases, type FindBases, findBases } from '../decompose/layer-bases';
import { type LayerDictionary, recodeBackbone } from '../decompose/layer-codes';
import { CODING_ITERATIONS, LAMBDA } from '../decompose/sparse-coding';
import { METHODS, methodById } from '../methods';
import { type AtomKind, assertDefined, type TuningMethod } from '../methods/method';
import { optionsFault } from '../methods/option-fault';
import type { Precision } from '../ops/fp16';
import { correctByClass } from '../statistics/balanced';
import { normalised } from '../training/batch';
import { type AtomDictionaries, NO_DECOMPOSITIONS } from '../training/decompositions';
import {
  neededAtoms,
  neededBases,
  neededCodings,
  optionsFor,
  type ParameterTable,
  parameterTable,
  slices,
  valuesOf,
} from '../training/parameters';
import { TunedModel } from '../training/tuned-model';
import {
  ADAPTER_FORMAT,
  type Adapter,
  type AdapterHeader,
  adapterBytes,
  damaged,
  encodeAdapter,
  RESIZING,
  tensorHash,
} from './adapter-file';
import { checkImages, compareLogits } from './check-images';

const CHECK_IMAGES = 4;
/** Largest allowed relative difference of the check logits. Backends round differently; other weights differ far more. */
const CHECK_TOLERANCE: Record<Precision, number> = { single: 1e-3, half: 1e-2 };

/** A tuned model without tensors, as arrays on the JavaScript heap. */
export interface StoredModel {
  name: string;
  classes: string[];
  /** All trained parameters, in the order of the setting's parameter table. */
  values: Float32Array;
  /** The atoms of the tuned layers. Coefficients are not stored, because they are computed from W and the atoms. */
  dictionaries: AtomDictionaries;
  /** The bases that cannot be computed again from W with certainty. */
  bases: BackboneBases;
  /** How images are made square. */
  framing: Framing;
  training: AdapterHeader['training'];
}

/**
 * The summary of a run that its adapter file contains.
 * @param data the data set's name and classes
 * @param ended when the run ended
 */
export function trainingSummary(
  result: RunResult,
  data: { name: string; classes: readonly string[] },
  ended: Date,
): AdapterHeader['training'] {
  const kept = result.epochs.find(({ epoch }) => epoch === result.keptEpoch);
  const classes = data.classes.length;
  return {
    config: result.config,
    outcome: result.outcome,
    epochs: result.epochs.at(-1)?.epoch ?? 0,
    keptEpoch: result.keptEpoch,
    correct: kept?.correct ?? 0,
    validationImages: kept?.total ?? 0,
    byClass: {
      validation: correctByClass(result.validation, classes),
      test: result.test && correctByClass(result.test, classes),
    },
    data: data.name,
    ended: ended.toISOString(),
    trainable: result.trainable,
    seconds: result.seconds,
    backend: result.backend,
  };
}

/** The images on which a model is judged: the test images if there are any. */
export function scoreOf({ byClass, correct, validationImages }: AdapterHeader['training']): ModelScore {
  const { validation = null, test = null } = byClass ?? {};
  if (!test) return { on: 'validation', correct, images: validationImages, byClass: validation };
  const total = (counts: readonly number[]) => counts.reduce((sum, each) => sum + each, 0);
  return { on: 'test', correct: total(test.correct), images: total(test.images), byClass: test };
}

/** How a stored model's coefficients and bases are computed again. */
export interface Recomputation {
  coefficients: Recall;
  bases: FindBases;
}

const RECOMPUTATION: Recomputation = { coefficients: recodeBackbone, bases: findBases };

/** Opens a stored model on `backbone`, passes it to `work` and then frees its tensors. */
export async function withModel<T>(
  stored: StoredModel,
  backbone: Backbone,
  work: (model: TunedModel, values: tf.Tensor1D) => Promise<T>,
  recompute: Recomputation = RECOMPUTATION,
): Promise<T> {
  const { setting, options } = stored.training.config;
  const { method, table } = tableOf(setting, options, stored.classes.length, backbone);
  const decompositions = { ...NO_DECOMPOSITIONS };
  for (const [kind, { coding }] of neededCodings(method, options, table))
    decompositions[kind] = await recompute.coefficients(backbone, coding, stored.dictionaries[kind]);
  const needed = neededBases(method, options, table);
  if (needed) {
    const missing = needed.layers.filter((layer) => !stored.bases.has(layer));
    const found = await recompute.bases(backbone, needed.spec, missing);
    decompositions.bases = new Map([...found, ...stored.bases]);
  }
  const model = new TunedModel(backbone, method, options, stored.classes.length, decompositions);
  const values = tf.tensor1d(stored.values);
  try {
    return await work(model, values);
  } finally {
    values.dispose();
    model.dispose();
  }
}

/** Logits `[images][classes]` of RGB bytes `[count, size, size, 3]`. */
export async function logitsOf(
  model: TunedModel,
  values: tf.Tensor1D,
  pixels: Uint8Array,
  count: number,
): Promise<number[][]> {
  const { inputSize: size, preprocessing } = model.backbone;
  const logits = tf.tidy(() => {
    const parameters = slices(values, model.table);
    const images = normalised(tf.tensor4d(Float32Array.from(pixels), [count, size, size, 3]), preprocessing);
    return model.logits(images, model.tuning(parameters), parameters);
  });
  const rows = await logits.array();
  logits.dispose();
  return rows;
}

/** The bytes of a model's adapter file. */
export async function writeAdapter(
  stored: StoredModel,
  backbone: Backbone,
  recompute?: Recomputation,
): Promise<Uint8Array<ArrayBuffer>> {
  const logits = await withModel(
    stored,
    backbone,
    (model, values) => checkLogits(model, values, CHECK_IMAGES),
    recompute,
  );
  const tensors = new Map(
    [...contentsOf(stored, backbone)].map(([name, { shape, data }]) => [name, { shape, data: data() }]),
  );
  const header = headerOf(stored, backbone, logits, await tensorHash(tensors));
  return encodeAdapter({ tensors, header });
}

/** Size of the file that `writeAdapter` writes, bytes, computed from shapes alone. */
export function adapterSize(stored: StoredModel, backbone: Backbone): number {
  const logits = Array.from({ length: CHECK_IMAGES }, () => stored.classes.map(() => 0));
  const shapes = new Map([...contentsOf(stored, backbone)].map(([name, { shape }]) => [name, shape]));
  return adapterBytes(headerOf(stored, backbone, logits, '0'.repeat(64)), shapes);
}

/** The tensors of the file by name: trained parameters and atoms. */
function contentsOf(
  { classes, values, dictionaries, bases, training: { config } }: StoredModel,
  backbone: Backbone,
): Map<string, { shape: number[]; data: () => Float32Array }> {
  const { method, table } = tableOf(config.setting, config.options, classes.length, backbone);
  const contents = new Map<string, { shape: number[]; data: () => Float32Array }>();
  for (const parameter of table.parameters)
    contents.set(parameter.name, { shape: parameter.shape, data: () => valuesOf(values, parameter) });
  for (const { kind, layer, shape } of neededAtoms(method, config.options, table)) {
    const data = () => assertDefined(dictionaries[kind].get(layer), layer).atoms;
    contents.set(atomsName(layer, kind), { shape, data });
  }
  for (const { layer, shapes } of basisTensors(method, config.options, table, backbone)) {
    const kept = bases.get(layer);
    if (!kept) continue;
    for (const [name, shape] of Object.entries(shapes))
      contents.set(`${layer}.${name}`, { shape, data: () => assertDefined(kept.tensors[name], name) });
  }
  return contents;
}

function headerOf(stored: StoredModel, backbone: Backbone, logits: number[][], hash: string): AdapterHeader {
  const { name, classes, dictionaries, framing, training } = stored;
  const steps = (kind: AtomKind) =>
    Object.fromEntries([...dictionaries[kind]].map(([layer, { lipschitz }]) => [layer, lipschitz]));
  return {
    format: ADAPTER_FORMAT,
    createdBy: { name: __APP_NAME__, version: __APP_VERSION__ },
    name,
    setting: training.config.setting,
    options: training.config.options,
    backbone: { id: backbone.id, hash: backbone.hash },
    classes,
    inputSize: backbone.inputSize,
    tensorHash: hash,
    preprocessing: {
      channels: 'RGB',
      scale: 1 / 255,
      mean: [...backbone.preprocessing.mean],
      std: [...backbone.preprocessing.std],
      resize: RESIZING[framing],
    },
    coding: {
      lambda: LAMBDA,
      iterations: CODING_ITERATIONS,
      lipschitz: steps('plain'),
      blockLipschitz: steps('blocks'),
    },
    training,
    check: { images: logits.length, logits, precision: backbone.precision },
  };
}

/**
 * Opens an adapter on `backbone` and computes its tensors' hash and its check logits again.
 * @throws UserError if it belongs to another backbone, contradicts itself or the backbone, or its hash or logits are not reproduced.
 */
export async function openAdapter(
  adapter: Adapter,
  backbone: Backbone,
  fileName: string,
  recompute?: Recomputation,
): Promise<{ stored: StoredModel; checkDifference: number }> {
  const stored = await readModel(adapter, backbone, fileName);
  const { check } = adapter.header;
  const actual = await withModel(
    stored,
    backbone,
    (model, values) => checkLogits(model, values, check.images),
    recompute,
  );
  const checkDifference = compareLogits(check.logits, actual);
  const halves = check.precision === 'half' || backbone.precision === 'half';
  const tolerance = CHECK_TOLERANCE[halves ? 'half' : 'single'];
  if (!(checkDifference <= tolerance)) {
    throw new UserError(
      `“${fileName}” does not reproduce its check logits (relative difference ${checkDifference.toPrecision(2)}, ` +
        `at most ${tolerance} is allowed). The file is damaged or was changed. Export it again.`,
    );
  }
  return { stored, checkDifference };
}

/**
 * The model in an adapter file whose tensors have the hash that its header states. Its check logits are not computed.
 * @throws UserError as `openAdapter`, except for the logits
 */
export async function readModel(
  adapter: Adapter,
  backbone: Backbone,
  fileName: string,
): Promise<StoredModel> {
  const stored = storedModelOf(adapter, backbone, fileName);
  const { tensorHash: stated } = adapter.header;
  if (stated !== null && (await tensorHash(adapter.tensors)) !== stated) {
    throw new UserError(
      `“${fileName}” was damaged or changed after it was saved: the SHA-256 of its tensors is not the one that its header states. ` +
        'Copy the file again from where it was saved, or export it again where it was trained.',
    );
  }
  return stored;
}

/**
 * The model in an adapter file, validated against `backbone`. Sizes in the header are used only if the file has tensors of the
 * resulting shapes, so nothing larger than the file is allocated.
 * @throws UserError as `openAdapter`, except for the hash and the logits
 */
export function storedModelOf(
  { header, tensors }: Adapter,
  backbone: Backbone,
  fileName: string,
): StoredModel {
  const { setting, options, classes, training } = header;
  if (header.backbone.hash !== backbone.hash) {
    throw new UserError(
      `“${fileName}” was trained on another backbone (${header.backbone.id}, weights ${header.backbone.hash.slice(0, 8)}…); ` +
        `this one is ${backbone.id}, ${backbone.hash.slice(0, 8)}…. Load that backbone first.`,
    );
  }
  if (header.inputSize !== backbone.inputSize) {
    throw new UserError(
      `“${fileName}” was trained on images of ${header.inputSize} pixels; this backbone takes ${backbone.inputSize}. Choose ${header.inputSize} pixels for the backbone first.`,
    );
  }
  if (!METHODS.some(({ id }) => id === setting)) {
    throw new UserError(
      `“${fileName}” was created with the setting “${setting}”, which this version does not have. Reload the page to get the newest version, or choose another file.`,
    );
  }
  checkOptionsOf(header, backbone, fileName);
  const { method, table } = tableOf(setting, options, classes.length, backbone);
  if (training.trainable.backbone !== table.backbone || training.trainable.head !== table.head) {
    throw damaged(
      fileName,
      `it states ${training.trainable.backbone} + ${training.trainable.head} trainable parameters, its setting has ${table.backbone} + ${table.head}`,
    );
  }
  // Check that all tensors are present before allocating an array of their total size.
  const trained = table.parameters.map(({ name, shape }) => tensor(tensors, name, shape, fileName));
  const dictionaries = readDictionaries({ header, tensors }, method, table, fileName);
  const values = new Float32Array(table.backbone + table.head);
  for (const [index, { offset }] of table.parameters.entries())
    values.set(assertDefined(trained[index], 'trained'), offset);
  return {
    name: header.name,
    classes,
    values,
    dictionaries,
    bases: readBases({ header, tensors }, method, table, backbone, fileName),
    framing: header.preprocessing.resize === RESIZING.squeeze ? 'squeeze' : 'crop',
    training: { ...training, config: { ...training.config, setting, options } },
  };
}

/** @throws UserError if the setting has no such option, or the value is impossible on this backbone */
function checkOptionsOf({ setting, options }: AdapterHeader, backbone: Backbone, fileName: string): void {
  const method = methodById(setting);
  const bounded = optionsFor(method, convolutions(backbone.network));
  const stranger = Object.keys(options).find((id) => bounded.every((known) => known.id !== id));
  if (stranger !== undefined) {
    throw new UserError(
      `“${fileName}” has the option “${stranger.slice(0, 80)}”, which the setting ${method.label} does not have here. Update the page, or choose another file.`,
    );
  }
  const fault = optionsFault({ label: method.label, options: bounded }, options);
  if (fault) throw damaged(fileName, `of its options: ${fault.replace(/\.$/, '')}`);
}

/** Computes logits for a few images at a time to limit memory. */
async function checkLogits(model: TunedModel, values: tf.Tensor1D, count: number): Promise<number[][]> {
  const { inputSize } = model.backbone;
  const logits: number[][] = [];
  for (let first = 0; first < count; first += CHECK_IMAGES) {
    const some = Math.min(CHECK_IMAGES, count - first);
    logits.push(...(await logitsOf(model, values, checkImages(some, inputSize, first), some)));
  }
  return logits;
}

function readDictionaries(
  { header, tensors }: Adapter,
  method: TuningMethod,
  table: ParameterTable,
  fileName: string,
): AtomDictionaries {
  const needed = neededAtoms(method, header.options, table);
  const { lambda, iterations, lipschitz, blockLipschitz } = header.coding;
  if (needed.length > 0 && (lambda !== LAMBDA || iterations !== CODING_ITERATIONS)) {
    throw new UserError(
      `“${fileName}” was created with other decomposition constants than this version uses. Reload the page to get the newest version, or export the file again.`,
    );
  }
  const dictionaries = {
    plain: new Map<string, LayerDictionary>(),
    blocks: new Map<string, LayerDictionary>(),
  };
  for (const { kind, layer, shape } of needed) {
    const atoms = tensor(tensors, atomsName(layer, kind), shape, fileName);
    const step = (kind === 'plain' ? lipschitz : blockLipschitz)[layer];
    if (step === undefined)
      throw new UserError(`“${fileName}” lacks the step size of ${layer}. Export it again.`);
    dictionaries[kind].set(layer, { atoms, lipschitz: step, relativeError: 0 });
  }
  return dictionaries;
}

/** The bases in the file. A file has all bases of a layer or none, and those of ambiguous ones. */
function readBases(
  { header, tensors }: Adapter,
  method: TuningMethod,
  table: ParameterTable,
  backbone: Backbone,
  fileName: string,
): BackboneBases {
  const bases = new Map<string, LayerBases>();
  for (const { layer, shapes } of basisTensors(method, header.options, table, backbone)) {
    const entries = Object.entries(shapes);
    if (entries.every(([name]) => !tensors.has(`${layer}.${name}`))) continue;
    const read = entries.map(([name, shape]) => [name, tensor(tensors, `${layer}.${name}`, shape, fileName)]);
    bases.set(layer, { tensors: Object.fromEntries(read), isAmbiguous: true });
  }
  return bases;
}

/** The layers whose bases a setting needs, with the bases' names and shapes. */
function* basisTensors(
  method: TuningMethod,
  options: SettingOptions,
  table: ParameterTable,
  backbone: Backbone,
): Generator<{ layer: string; shapes: Record<string, number[]> }> {
  const needed = neededBases(method, options, table);
  for (const layer of needed?.layers ?? [])
    if (needed) yield { layer, shapes: basisShapes(needed.spec, backbone.convolution(layer).spec) };
}

function tableOf(setting: string, options: SettingOptions, classes: number, backbone: Backbone) {
  const method = methodById(setting);
  const { network } = backbone;
  const table = parameterTable(method, options, convolutions(network), network.features, classes);
  return { method, table };
}

function tensor(tensors: Adapter['tensors'], name: string, shape: number[], fileName: string): Float32Array {
  const found = tensors.get(name);
  if (!found)
    throw new UserError(`“${fileName}” lacks the tensor ${name}. Export it again where it was trained.`);
  if (found.shape.join() !== shape.join()) {
    throw new UserError(
      `“${fileName}”: ${name} is ${found.shape.join('×')} instead of ${shape.join('×')}. Export it again where it was trained.`,
    );
  }
  return found.data;
}

/** The tensor name of D, or of the channel blocks' D_c. */
function atomsName(layer: string, kind: AtomKind): string {
  return `${layer}.${kind === 'plain' ? 'D' : 'Dc'}`;
}
