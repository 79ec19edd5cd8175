/**
 * The project of the command line: a copy of the one that was opened, or a new one, in the storage of the headless browser, which is
 * deleted with it. Its records and files are those that the page would have stored.
 */
import { store } from '../app/project/database';
import { projectHeader } from '../app/project/header';
import { writeModelFile } from '../app/project/model-files';
import { parseProject, requireStored } from '../app/project/opening';
import type { ProjectHeader } from '../app/project/schema';
import { exportProject, importProject, removeExports, zipOfImages } from '../app/project/zip';
import type { RunRecord } from '../app/store/run-record';
import { addressed } from '../app/store/url';
import type { BackboneChoice, BackboneSummary } from '../src/core/backbone';
import type { DatasetSummary, KeptSource, Reading } from '../src/core/dataset';
import type { Progress } from '../src/core/progress';
import { UserError } from '../src/core/user-error';
import { readKept } from '../src/data/kept-dataset';
import type { OpenedProject, ProjectConfiguration } from './messages';

type OnProgress = (progress: Progress) => void;

export class HeadlessProject {
  #header: ProjectHeader;
  /** The runs that it had before. */
  readonly earlier: readonly RunRecord[];
  /** Its images as they are in every zip of it; null until the first. */
  #images: Blob | null = null;

  private constructor(header: ProjectHeader, earlier: readonly RunRecord[]) {
    this.#header = header;
    this.earlier = earlier;
  }

  /** @throws UserError if the zip is not a project, or has no images */
  static async open(
    zip: File,
    onProgress: OnProgress,
  ): Promise<{ project: HeadlessProject; source: KeptSource; reading: Reading; opened: OpenedProject }> {
    const { header, session } = parseProject(await requireStored(await importProject(zip, onProgress)));
    const { name, configuration, backbone, backboneChoice, source } = header;
    if (!source)
      throw new UserError(
        `The project “${name}” in “${zip.name}” has no images, so there is nothing to train on. Load images in the page and export it again.`,
      );
    const { images, reading } = (await readKept(source)).description;
    const { runs, models, unreadable } = session;
    return {
      project: new HeadlessProject(header, runs),
      ...{ source, reading },
      opened: {
        ...{ name, configuration, backbone, backboneChoice, images: images.length },
        ...{ runs: runs.length, models: models.length, unreadable: [...unreadable] },
      },
    };
  }

  /** A project with these images, which the caller has written to `source`. */
  static async make(
    source: KeptSource,
    dataset: DatasetSummary,
    backbone: BackboneSummary,
    backboneChoice: BackboneChoice,
    configuration: ProjectConfiguration,
  ): Promise<HeadlessProject> {
    const header = await projectHeader({
      ...{ id: source.project, name: dataset.name, madeAt: Date.now(), step: 'compare' },
      ...{ source, dataset, backbone, backboneChoice, sweeps: {}, queueHeld: false, runs: [], models: [] },
      configuration: { ...configuration, ...addressed(backboneChoice) },
    });
    await store({ header, put: [], remove: [] });
    return new HeadlessProject(header, []);
  }

  /** Stores a run that is over, after those before it. `adapter`: the file of its model; null if it has none. */
  async add(run: RunRecord, adapter: Uint8Array<ArrayBuffer> | null): Promise<void> {
    const { runs, models, id } = this.#header;
    const model = adapter && run.model;
    if (model) await writeModelFile(id, model.modelId, adapter);
    const header: ProjectHeader = {
      ...this.#header,
      changedAt: Date.now(),
      runs: [...runs, run.id],
      models: model ? [...models, model.modelId] : models,
    };
    await store({
      header,
      put: [
        { kind: 'run', id: run.id, value: run },
        ...(model
          ? [{ kind: 'model' as const, id: model.modelId, value: { summary: model, chosen: true } }]
          : []),
      ],
      remove: [],
    });
    this.#header = header;
  }

  /** Everything that is stored. The zip of an earlier call is deleted. */
  async zip(onProgress: OnProgress): Promise<File> {
    await removeExports();
    const { id, source } = this.#header;
    this.#images ??= source && (await zipOfImages(source, onProgress));
    return exportProject(id, onProgress, this.#images ?? undefined);
  }
}
