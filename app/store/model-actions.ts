/** Tuned models in the engine: finished runs and loaded adapters. */
import type { Classification, LayerMovement, ModelSummary } from '../../src/worker/protocol';
import { saveFile } from '../ui/save-file';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { announce, read, type TunedModel, write } from './session';

export function addModel(summary: ModelSummary, origin: TunedModel['origin']): void {
  write({ models: [...read().models, { summary, origin, gone: null }] });
}

export function dropModel(modelId: string): void {
  const model = read().models.find(({ summary }) => summary.modelId === modelId);
  write({ models: read().models.filter((each) => each !== model) });
  if (model && model.gone === null) void ask('forget', { modelId }).catch(showProblem);
}

/** Called after the engine restarted: it no longer has the models. */
export function markModelsGone(): void {
  const gone = 'The engine was restarted and no longer has this model.';
  write({ models: read().models.map((model) => ({ ...model, gone: model.gone ?? gone })) });
}

export async function loadAdapter(file: File): Promise<void> {
  write({ loadingAdapter: true, modelsProblem: null });
  try {
    const model = await ask('loadAdapter', { modelId: crypto.randomUUID(), fileName: file.name, file });
    addModel(model, 'file');
    announce(`${model.name} is loaded.`);
  } catch (error) {
    showProblem(error);
  } finally {
    write({ loadingAdapter: false });
  }
}

/** The name of the saved file; null if saving failed. */
export async function downloadAdapter(modelId: string, name: string): Promise<string | null> {
  write({ modelsProblem: null });
  try {
    const { fileName, file } = await ask('exportAdapter', { modelId, name });
    saveFile(new Blob([file], { type: 'application/octet-stream' }), fileName);
    announce(`${fileName} is saved.`);
    return fileName;
  } catch (error) {
    showProblem(error);
    return null;
  }
}

export const classify = ({ modelId, backbone }: ModelSummary, image: File): Promise<Classification> =>
  ask('classify', { modelId, image, fileName: image.name, expected: { backbone } });

export const movement = ({ modelId, backbone }: ModelSummary): Promise<LayerMovement[]> =>
  ask('movement', { modelId, expected: { backbone } });

function showProblem(error: unknown): void {
  const modelsProblem = asProblem(error);
  write({ modelsProblem });
  if (modelsProblem) announce(modelsProblem.message);
}
