/** From a finished run to an adapter file and back: what `adapter-file.ts` stores, made from and into a tuned model. */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import type { Framing } from '../data/decode';
import { codedShape } from '../decompose/atom-coding';
import { type LayerCodes, type LayerDictionary, recodeBackbone } from '../decompose/layer-codes';
import { CODING_ITERATIONS, LAMBDA } from '../decompose/sparse-coding';
import { methodById } from '../methods';
import { type Codings, given, type TuningMethod } from '../methods/method';
import type { Precision } from '../ops/half';
import { type AtomCodes, NO_CODES } from '../training/atom-codes';
import { normalised } from '../training/batch';
import { neededCodings, type ParameterTable, parameterTable, slices, valuesOf } from '../training/parameters';
import { TunedModel } from '../training/tuned-model';
import { UserError } from '../user-error';
import type { RunResult } from '../worker/protocol';
import { ADAPTER_FORMAT, type Adapter, type AdapterHeader, encodeAdapter, RESIZING } from './adapter-file';
import { checkImages, compareLogits } from './check-images';

const CHECK_IMAGES = 4;
/** Greatest difference of the check logits, relative to the greatest of them: backends round differently, other weights differ far more. */
const CHECK_TOLERANCE: Record<Precision, number> = { single: 1e-3, half: 1e-2 };

/** A tuned model at rest: no tensors, only numbers. */
export interface StoredModel {
  name: string;
  classes: string[];
  /** Every trained number, in the order of the setting's parameter table. */
  values: Float32Array;
  codes: AtomCodes;
  /** How its images were made square. */
  framing: Framing;
  training: AdapterHeader['training'];
}

/** What an adapter file says of the run it came from. */
export function trainingSummary(result: RunResult): AdapterHeader['training'] {
  const kept = result.epochs.find(({ epoch }) => epoch === result.keptEpoch);
  return {
    config: result.config,
    outcome: result.outcome,
    epochs: result.epochs.at(-1)?.epoch ?? 0,
    keptEpoch: result.keptEpoch,
    correct: kept?.correct ?? 0,
    validationImages: kept?.total ?? 0,
    trainable: result.trainable,
    seconds: result.seconds,
    backend: result.backend,
  };
}

/** Opens a stored model on `backbone`, lends it to `work` and frees its tensors. */
export async function withModel<T>(
  stored: StoredModel,
  backbone: Backbone,
  work: (model: TunedModel, values: tf.Tensor1D) => Promise<T>,
): Promise<T> {
  const { setting, options } = stored.training.config;
  const model = new TunedModel(backbone, methodById(setting), options, stored.classes.length, stored.codes);
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
): Promise<Uint8Array<ArrayBuffer>> {
  return withModel(stored, backbone, async (model, values) => {
    const tensors: Adapter['tensors'] = new Map();
    for (const parameter of model.table.parameters) {
      tensors.set(parameter.name, { shape: parameter.shape, data: valuesOf(stored.values, parameter) });
    }
    const { config } = stored.training;
    for (const [kind, { coding, layers }] of neededCodings(model.method, config.options, model.table)) {
      for (const layer of layers) {
        const { atoms, cols } = codedShape(coding, backbone.convolution(layer).spec);
        const { atoms: data } = given(model.codes[kind].get(layer), layer);
        tensors.set(atomsName(layer, kind), { shape: [atoms, cols], data });
      }
    }
    const steps = (codes: LayerCodes) =>
      Object.fromEntries([...codes].map(([layer, { lipschitz }]) => [layer, lipschitz]));
    return encodeAdapter({
      tensors,
      header: {
        format: ADAPTER_FORMAT,
        createdBy: { name: __APP_NAME__, version: __APP_VERSION__ },
        name: stored.name,
        setting: config.setting,
        options: config.options,
        backbone: { id: backbone.id, hash: backbone.hash },
        classes: stored.classes,
        inputSize: backbone.inputSize,
        preprocessing: {
          channels: 'RGB',
          scale: 1 / 255,
          mean: [...backbone.preprocessing.mean],
          std: [...backbone.preprocessing.std],
          resize: RESIZING[stored.framing],
        },
        coding: {
          lambda: LAMBDA,
          iterations: CODING_ITERATIONS,
          lipschitz: steps(model.codes.plain),
          blockLipschitz: steps(model.codes.blocks),
        },
        training: stored.training,
        check: {
          images: CHECK_IMAGES,
          logits: await checkLogits(model, values),
          precision: model.backbone.precision,
        },
      },
    });
  });
}

/**
 * Brings an adapter back to life on `backbone` and recomputes its check logits.
 * @throws UserError when it belongs to another backbone, lacks a tensor, or its logits are not reproduced.
 */
export async function openAdapter(
  { header, tensors }: Adapter,
  backbone: Backbone,
  fileName: string,
): Promise<{ stored: StoredModel; checkDifference: number }> {
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
  const method = methodById(header.setting);
  const specs = convolutions(backbone.network);
  const table = parameterTable(
    method,
    header.options,
    specs,
    backbone.network.features,
    header.classes.length,
  );
  const stored: StoredModel = {
    name: header.name,
    classes: header.classes,
    values: flatValues(table, tensors, fileName),
    codes: await readCodes(backbone, method, table, header, tensors, fileName),
    framing: header.preprocessing.resize === RESIZING.squeeze ? 'squeeze' : 'crop',
    training: {
      ...header.training,
      config: { ...header.training.config, setting: header.setting, options: header.options },
    },
  };
  const actual = await withModel(stored, backbone, (model, values) => checkLogits(model, values));
  const checkDifference = compareLogits(header.check.logits, actual);
  const halves = header.check.precision === 'half' || backbone.precision === 'half';
  const tolerance = CHECK_TOLERANCE[halves ? 'half' : 'single'];
  if (!(checkDifference <= tolerance)) {
    throw new UserError(
      `“${fileName}” does not reproduce its check logits (relative difference ${checkDifference.toPrecision(2)}, ` +
        `at most ${tolerance} is allowed). The file is damaged or was changed. Export it again.`,
    );
  }
  return { stored, checkDifference };
}

function checkLogits(model: TunedModel, values: tf.Tensor1D): Promise<number[][]> {
  return logitsOf(model, values, checkImages(CHECK_IMAGES, model.backbone.inputSize), CHECK_IMAGES);
}

function flatValues(table: ParameterTable, tensors: Adapter['tensors'], fileName: string): Float32Array {
  const values = new Float32Array(table.backbone + table.head);
  for (const { name, shape, offset } of table.parameters)
    values.set(tensor(tensors, name, shape, fileName), offset);
  return values;
}

async function readCodes(
  backbone: Backbone,
  method: TuningMethod,
  table: ParameterTable,
  header: AdapterHeader,
  tensors: Adapter['tensors'],
  fileName: string,
): Promise<AtomCodes> {
  const needed = neededCodings(method, header.options, table);
  if (
    needed.size > 0 &&
    (header.coding.lambda !== LAMBDA || header.coding.iterations !== CODING_ITERATIONS)
  ) {
    throw new UserError(
      `“${fileName}” was created with other decomposition constants than this version uses. Reload the page to get the newest version, or export the file again.`,
    );
  }
  const codes = { ...NO_CODES };
  for (const [kind, { coding, layers }] of needed) {
    const stored = new Map<string, LayerDictionary>();
    for (const name of layers) {
      const { atoms: count, cols } = codedShape(coding, backbone.convolution(name).spec);
      const atoms = tensor(tensors, atomsName(name, kind), [count, cols], fileName);
      const lipschitz = header.coding[kind === 'plain' ? 'lipschitz' : 'blockLipschitz'][name];
      if (lipschitz === undefined)
        throw new UserError(`“${fileName}” lacks the step size of ${name}. Export it again.`);
      stored.set(name, { atoms, lipschitz, relativeError: 0 });
    }
    codes[kind] = await recodeBackbone(backbone, coding, stored);
  }
  return codes;
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

/** Of D, and of the channel blocks' D_c. */
function atomsName(layer: string, kind: keyof Codings): string {
  return `${layer}.${kind === 'plain' ? 'D' : 'Dc'}`;
}
