/** Tuned models in the engine: finished runs and loaded adapters. */

import type { LayerMovement, ModelSummary } from '../../src/core/model';
import { UserError } from '../../src/core/user-error';
import { keptModelFile } from '../project/model-files';
import { saveFile } from '../ui/save-file';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { announce, read, type TunedModel, write } from './session';

export function addModel(summary: ModelSummary): void {
  write({ models: [...read().models, { summary, chosen: true, gone: null, kept: false }] });
}

export function changeModel(modelId: string, change: Partial<TunedModel>): void {
  write({
    models: read().models.map((model) =>
      model.summary.modelId === modelId ? { ...model, ...change } : model,
    ),
  });
}

/** @param chosen whether the model classifies the images on Use */
export const chooseModel = (modelId: string, chosen: boolean) => changeModel(modelId, { chosen });

export function dropModel(modelId: string): void {
  const model = read().models.find(({ summary }) => summary.modelId === modelId);
  write({ models: read().models.filter((each) => each !== model) });
  if (model && model.gone === null) void ask('forget', { modelId }).catch(showProblem);
}

/** Called after the engine restarted: it no longer has the models. Those that the project keeps are taken up again. */
export function markModelsGone(): void {
  write({
    models: read().models.map((model) => ({ ...model, gone: model.kept ? OPENING : (model.gone ?? LOST) })),
  });
}

const LOST = 'The engine was restarted and no longer has this model.';
export const OPENING = 'The model is being opened.';

/** Gives the engine the models of its backbone that the project keeps and the engine does not hold. */
export async function restoreModels(): Promise<void> {
  const { models, backbone, project } = read();
  if (!project) return;
  const wanted = models.filter(
    ({ summary, gone, kept }) => kept && gone !== null && summary.backbone.key === backbone?.key,
  );
  for (const { summary } of wanted) {
    const { modelId, name: fileName } = summary;
    let gone: string | null = null;
    try {
      const file = await keptModelFile(project.id, modelId);
      if (!file) throw new UserError('The file of this model is missing in this browser.');
      await ask('restoreModel', { modelId, fileName, file });
    } catch (error) {
      const problem = asProblem(error);
      gone = problem ? `This model cannot be opened. ${problem.message}` : OPENING;
    }
    changeModel(modelId, { gone });
  }
}

/** Loads adapter files one after another. A file that is already loaded is not loaded twice. */
export async function loadAdapters(files: readonly File[]): Promise<void> {
  write({ loadingAdapter: true, modelsProblem: null, adapterNotes: [] });
  for (const file of files) {
    try {
      const model = await ask('loadAdapter', { modelId: crypto.randomUUID(), fileName: file.name, file });
      addLoaded(model);
    } catch (error) {
      showProblem(error);
    }
  }
  write({ loadingAdapter: false });
}

function addLoaded(model: ModelSummary): void {
  const { models, adapterNotes } = read();
  const same = models.filter(({ summary }) => summary.file && summary.file.hash === model.file?.hash);
  const known = same.find(({ gone }) => gone === null);
  if (known) {
    void ask('forget', { modelId: model.modelId }).catch(showProblem);
    const note = `“${model.file?.name}” is already loaded as “${known.summary.name}”.`;
    write({ adapterNotes: [...adapterNotes, note] });
    announce(note);
    return;
  }
  // It takes the place of the model that the engine lost.
  write({ models: models.filter((each) => !same.includes(each)) });
  addModel(model);
  announce(`${model.name} is loaded.`);
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

export const movement = ({ modelId, backbone }: ModelSummary): Promise<LayerMovement[]> =>
  ask('movement', { modelId, expected: { backbone } });

function showProblem(error: unknown): void {
  const modelsProblem = asProblem(error);
  write({ modelsProblem });
  if (modelsProblem) announce(modelsProblem.message);
}
