/** The adapter files of a project's models. */
import { deleteInProject, projectFolder, readFile, writeWhole } from '../../src/files/project-folder';

const nameOf = (modelId: string) => `${modelId}.safetensors`;

/** Null if there is none. */
export const keptModelFile = async (project: string, modelId: string): Promise<File | null> =>
  readFile(await projectFolder(project, 'models'), nameOf(modelId));

export const writeModelFile = async (
  project: string,
  modelId: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> => writeWhole(await projectFolder(project, 'models'), nameOf(modelId), [bytes]);

export const deleteModelFile = (project: string, modelId: string) =>
  deleteInProject(project, 'models', nameOf(modelId));
