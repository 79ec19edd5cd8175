/** Opens the backbone that a person chose: downloads or opens its file, reads the weights, and runs one forward pass. */
import * as tf from '@tensorflow/tfjs';
import { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import { statedRecipe } from '../backbone/recipe';
import type { BackboneChoice, BackboneSource, BackboneSummary, LoadingPhase } from '../core/backbone';
import type { NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { openWeightFile } from '../files/open-weight-file';
import { baseName } from '../files/tfjs-model';
import type { WeightFile } from '../files/weight-file';
import { download } from '../hub/download';
import type { StoredFile } from '../hub/place';
import { SOURCES, type Source, sourceOfFile, sourceOfHash } from '../hub/sources';
import { fetchWhole, Interrupted } from '../hub/stall';
import { STARTER_FILE } from '../hub/starter';
import { openStored } from '../hub/stored';
import { stagesOf } from '../nn/graph';
import type { Precision } from '../ops/fp16';
import type { Calls } from './protocol';

export interface OpenedBackbone {
  backbone: Backbone;
  summary: BackboneSummary;
}

interface Context {
  /** Where `public/` is served from. */
  siteUrl: string;
  precision: Precision;
  progress: (value: Calls['useBackbone']['progress']) => void;
  signal: AbortSignal;
}

/** The weight files, and what is known about them before they are read. */
interface Found {
  id: string;
  name: string;
  files: NamedFile[];
  source: Source | null;
  /** SHA-256 of the files, if it is already known. */
  sha256?: string | undefined;
}

/** @throws UserError if the weights do not exist or are not those of a ResNet-50; the signal's reason after an abort */
export async function openBackbone(
  { source, stages, inputSize, trunk }: BackboneChoice,
  context: Context,
): Promise<OpenedBackbone> {
  const { progress, signal, precision } = context;
  const loading: LoadingPhase[] = [];
  async function phase<T>(label: string, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const began = performance.now();
    const result = await work();
    loading.push({ label, seconds: (performance.now() - began) / 1000 });
    return result;
  }
  const found = await phase(source.kind === 'hub' ? 'download or open' : 'open', () => find(source, context));
  progress({ label: `Reading ${found.name}`, done: 0, total: 0 });
  const file = await phase('table of contents', () => openWeightFile(found.files));
  const name =
    stages === null ? found.name : `${found.name}, first ${stages === 1 ? 'stage' : `${stages} stages`}`;
  const options = {
    precision,
    ...(stages === null ? {} : { stages }),
    trunk,
    inputSize: inputSize ?? found.source?.preprocessing.inputSize,
    recipe: found.source ? statedRecipe(found.source.preprocessing) : undefined,
    onLayer: (done: number, total: number) => {
      signal.throwIfAborted();
      progress({ label: `Reading ${found.name}`, done, total });
    },
  };
  const { id, sha256 } = found;
  const backbone = await phase(sha256 ? 'weights' : 'weights and hash', () =>
    Backbone.load(file, { id, name, sha256 }, options),
  );
  try {
    await phase('first prediction', () => predictOnce(backbone));
    return { backbone, summary: summarize(backbone, file, found.source, loading) };
  } catch (error) {
    backbone.dispose();
    throw error;
  }
}

async function find(source: BackboneSource, context: Context): Promise<Found> {
  switch (source.kind) {
    case 'starter': {
      const { id, name, path } = STARTER_FILE;
      return { id, name, files: [{ path, file: await fromSite(path, context) }], source: null };
    }
    case 'hub': {
      const row = rowOf(source.id);
      if (!row?.url)
        throw new UserError(`There is no backbone “${source.id}” to download. Choose one from the list.`);
      const { progress: onProgress, signal } = context;
      const stored = await download({ ...row, url: row.url }, { onProgress, signal, keepAs: source.keepAs });
      return foundStored(row.id, stored);
    }
    case 'stored': {
      const stored = await openStored(source.id);
      if (!stored) {
        const label = rowOf(source.id)?.label ?? source.id;
        throw new UserError(`“${label}” is not stored in this browser. Download it, or choose its file.`);
      }
      return foundStored(source.id, stored);
    }
    case 'files': {
      const row = source.files.map(({ path }) => sourceOfFile(baseName(path))).find(Boolean) ?? null;
      const [first, ...others] = source.files;
      if (!first) throw new UserError('No file was chosen. Choose a ResNet-50 weight file.');
      // Weights with accompanying files are named after their folder.
      const [folder = first.path] = first.path.split('/');
      const name = others.length > 0 ? folder : first.path;
      return { id: row?.id ?? 'own-file', name: row?.label ?? name, files: source.files, source: row };
    }
  }
}

function foundStored(id: string, { file, record }: StoredFile): Found {
  const { label, fileName, sha256, precision } = record;
  return {
    id,
    name: label,
    files: [{ path: fileName, file }],
    source: rowOf(id) ?? sourceOfHash(sha256),
    // Rounded weights have a hash of their own.
    sha256: precision === 'original' ? sha256 : undefined,
  };
}

const rowOf = (id: string) => SOURCES.find((row) => row.id === id);

async function fromSite(path: string, { siteUrl, signal }: Context): Promise<Blob> {
  try {
    return await fetchWhole(new URL(path, siteUrl), { signal });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new UserError(
      `The starter backbone could not be loaded from this site: ${error.message}. Check the connection and reload the page.`,
    );
  }
}

/** Runs one forward pass, so that kernels are compiled and weights uploaded. */
async function predictOnce(backbone: Backbone): Promise<void> {
  const { inputSize } = backbone;
  const features = tf.tidy(() => backbone.features(tf.zeros<tf.Rank.R4>([1, inputSize, inputSize, 3])));
  await features.data();
  features.dispose();
}

function summarize(
  backbone: Backbone,
  file: WeightFile,
  source: Source | null,
  loading: LoadingPhase[],
): BackboneSummary {
  const { id, name, hash, inputSize, network, stagesInFile, parameters, fileBytes, head } = backbone;
  const { trunk, recipe, notices } = backbone;
  return {
    id,
    name,
    hash,
    key: keyOf(backbone),
    inputSize,
    stages: { used: stagesOf(network), inFile: stagesInFile },
    ownClasses: head?.classes ?? null,
    ...{ trunk, recipe, notices },
    licence: source?.licence ?? file.metadata.license ?? '',
    citation: source?.citation ?? '',
    loading,
    features: network.features,
    parameters,
    fileBytes,
    convolutions: convolutions(network).map(({ name: layer, kernel, cIn, cOut, stride }) => ({
      name: layer,
      kernel,
      cIn,
      cOut,
      stride,
    })),
  };
}

/** The key of a backbone. A tuned model can only be used with a backbone of the same key. */
export const keyOf = ({ hash, inputSize }: Pick<Backbone, 'hash' | 'inputSize'>) => `${hash} at ${inputSize}`;
