/** Runs in the page: uses it as a person would, with its real engine, and notes the session at the moments that the states show. */
import { BlobReader, BlobWriter, ZipReader } from '@zip.js/zip.js';
import type { Recorded } from '../../app/states/recorded';
import { toStored } from '../../app/states/stored-values';
import { changeBackbone, decompose, recognizeData } from '../../app/store/backbone-actions';
import { takeImages } from '../../app/store/classify-actions';
import { importFiles, splitAgain } from '../../app/store/data-actions';
import { ask } from '../../app/store/engine-actions';
import { loadAdapters, movement } from '../../app/store/model-actions';
import { changeBackend } from '../../app/store/page-actions';
import { runChosen } from '../../app/store/queue';
import { isOver } from '../../app/store/run-record';
import {
  chosenModels,
  comparisonBasis,
  read,
  type Session,
  useSession,
  write,
} from '../../app/store/session';
import { setHyperparameters } from '../../app/store/setting-actions';
import { measureSweep } from '../../app/store/sweep-actions';
import type { DatasetSummary, NamedFile } from '../../src/core/dataset';

/** In a browser without WebGPU, where WebGPU was asked for. */
export async function failedStart(): Promise<Recorded['startFailed']> {
  await until(({ engine }) => engine.status === 'failed');
  return pick('engine');
}

/** The recording as JSON. The page must just have been opened, with three settings. */
export async function record(startFailed: Recorded['startFailed']): Promise<string> {
  const halfway = watchHalfway();
  await until(({ engine, memory, settings }) => {
    if (engine.status === 'failed') throw new Error(engine.problem.message);
    return engine.status === 'ready' && memory !== null && settings.length > 0;
  });
  const storage = await ask('storage', {});
  const started = { ...pick('engine', 'memory', 'backbone', 'settings'), storage };
  await decompose();
  const decomposed = pick('atoms');

  const noise = Uint8Array.from({ length: 4000 }, (_, index) => (index * 7919) % 256);
  await importFiles([{ path: 'letter.txt', file: new File(['Dear all'], 'letter.txt') }]);
  const importFailed = pick('dataProblem');
  const textures = await sampleImages('textures');
  await importFiles([
    ...placed(textures.bricks, 'patterns/masonry/bricks', 6),
    ...placed(textures.marble, 'patterns/masonry/marble', 6),
    ...placed(textures.waves, 'patterns/drawn/waves', 6),
  ]);
  const question = pick('dataProblem');

  const [dot, other] = placed(textures.dots, 'patterns/dots', 2);
  if (!dot || !other) throw new Error('The sample set has no dots.');
  await importFiles([
    ...placed(textures.dots, 'patterns/dots', 15),
    ...placed(textures.bricks, 'patterns/bricks', 15),
    ...placed(textures.waves, 'patterns/waves', 15),
    ...placed(textures.marble, 'patterns/Dots', 3),
    { ...dot, path: 'patterns/waves/copy of 001.png' },
    { ...other, path: 'patterns/dots/copy of 002.png' },
    { path: 'patterns/dots/broken.jpg', file: new Blob([noise]) },
    { path: 'patterns/waves/notes.txt', file: new Blob(['12 May: new camera']) },
  ]);
  await runAll();
  const untidy = { ...pick('settings', 'runs', 'models'), dataset: await withSmallThumbnails() };
  write({ runs: [], models: [] });

  const surfaces = await sampleImages('surface-faults');
  await importFiles(
    ['crack', 'none', 'scratch', 'stain'].flatMap((name) => placed(surfaces[name], `surfaces/${name}`, 40)),
  );
  await splitAgain({ testPart: 0.2 });
  await until(({ pace }) => pace !== null);
  const imported = { ...pick('configuration', 'settings', 'pace'), dataset: await withSmallThumbnails() };

  await changeBackbone({
    source: {
      kind: 'files',
      files: [{ path: 'weights.safetensors', file: new File([noise], 'weights.safetensors') }],
    },
    ...{ stages: null, inputSize: null },
  });
  const backboneFailed = pick('backboneProblem');
  await recognizeData();
  const recognized = pick('recognition');
  await measureSweep();

  const { configuration } = read();
  const [rank] = read().settings.find(({ id }) => id === 'lora')?.options ?? [];
  if (!rank) throw new Error('LoRA has no option.');
  const before = read().settings;
  setHyperparameters({ memoryCap: 20, options: { lora: { [rank.id]: rank.max + 1 } } });
  await until(({ settings }) => settings !== before);
  const impossible = pick('settings', 'configuration');
  setHyperparameters(configuration.hyperparameters);

  let running: Recorded['running'] | null = null;
  const end = useSession.subscribe(({ runs }) => {
    const run = ownRuns(read())[1];
    const isHalf = run?.status === 'running' && 2 * run.steps.length >= run.totalSteps && run.totalSteps > 0;
    if (isHalf) running ??= { ...pick('models', 'training'), runs: runs.filter(isOwn(read())) };
  });
  await runAll();
  end();
  if (running === null) throw new Error('The second run was not seen at work.');
  const finished = ownPart(read());

  setHyperparameters({ learningRates: { full: 10 } });
  write({ configuration: { ...read().configuration, settings: ['full'] } });
  await runAll();
  const diverged = { runs: ownRuns(read()).filter(({ status }) => status === 'failed') };
  if (diverged.runs.length === 0) throw new Error('No run has failed.');

  await loadAdapters([new File([noise], 'noise.safetensors')]);
  const adapterFailed = pick('modelsProblem');
  const tuned = finished.models.find(({ summary }) => summary.setting === 'atoms');
  if (!tuned) throw new Error('Atoms were not tuned.');
  const { modelId, name } = tuned.summary;
  const { file, fileName } = await ask('exportAdapter', { modelId, name });
  // The models of the first images would only take room.
  write({ models: finished.models });
  const movements = Object.fromEntries(
    await Promise.all(
      finished.models.map(async ({ summary }) => [summary.modelId, await movement(summary)] as const),
    ),
  );
  const [first, ...others] = ['crack', 'none', 'scratch', 'stain'].flatMap((each) =>
    placed(surfaces[each], each, 42).slice(40),
  );
  if (!first) throw new Error('The sample set has no cracks.');
  const oneImage = await classified([first]);
  const manyImages = await classified([first, ...others, { path: 'broken.jpg', file: new Blob([noise]) }]);
  await loadAdapters([new File([file], fileName)]);
  const adapterLoaded = pick('models');
  const loaded = adapterLoaded.models.at(-1);
  if (loaded) movements[loaded.summary.modelId] = await movement(loaded.summary);

  await changeBackend('webgpu');
  await until(({ engine, memory }) => engine.status === 'ready' && memory !== null);
  const restarted = pick('engine', 'memory', 'notices', 'models');

  const all: Recorded = {
    ...{
      startFailed,
      started,
      importFailed,
      question,
      untidy,
      imported,
      backboneFailed,
      decomposed,
      recognized,
    },
    ...{ impossible, running, finished, diverged, adapterFailed, adapterLoaded, oneImage, manyImages },
    ...{ restarted, halfway, movements },
  };
  // One moment a line.
  const lines = Object.entries(all).map(
    async ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(await toStored(value))}`,
  );
  return `{\n${(await Promise.all(lines)).join(',\n')}\n}\n`;
}

function pick<K extends keyof Session>(...keys: K[]): Pick<Session, K> {
  const session = read();
  // Each key has its value.
  return Object.fromEntries(keys.map((key) => [key, session[key]])) as Pick<Session, K>;
}

/** The session, as soon as this holds. */
async function until(holds: (session: Session) => boolean): Promise<void> {
  while (!holds(read()))
    await new Promise<void>((resolve) => {
      const end = useSession.subscribe(() => {
        end();
        resolve();
      });
    });
}

/** Each progress as last reported before half of the work was done. */
function watchHalfway(): Recorded['halfway'] {
  const halfway: Recorded['halfway'] = {
    ...{ importing: null, decomposing: null, recognizing: null, measuring: null },
  };
  useSession.subscribe((session) => {
    for (const key of ['importing', 'decomposing', 'recognizing', 'measuring'] as const) {
      const progress = session[key];
      if (progress && progress.total > 0 && 2 * progress.done <= progress.total) halfway[key] = progress;
    }
  });
  return halfway;
}

/** Whether a run is on the current images. */
const isOwn =
  ({ dataset, backbone }: Session) =>
  ({ basis }: Session['runs'][number]) =>
    dataset !== null && backbone !== null && basis === comparisonBasis(dataset, backbone);
const ownRuns = (session: Session) => session.runs.filter(isOwn(session));

function ownPart(session: Session): Pick<Session, 'runs' | 'models'> {
  const runs = ownRuns(session);
  const ids = new Set(runs.map(({ id }) => id));
  return { runs, models: session.models.filter(({ summary }) => ids.has(summary.modelId)) };
}

async function runAll(): Promise<void> {
  runChosen();
  if (!read().runs.some(({ status }) => status === 'running')) throw new Error('No run has started.');
  await until(({ runs, training }) => training === null && runs.every(isOver));
}

async function classified(files: NamedFile[]): Promise<Pick<Session, 'toClassify'>> {
  location.hash = 'use';
  takeImages(files);
  const models = chosenModels(read());
  await until(
    ({ toClassify: { images, progress } }) =>
      progress === null &&
      images.every(({ reason, predictions }) => reason !== null || predictions.size === models.length),
  );
  return pick('toClassify');
}

/** The images of a sample set by class, each with its file name. */
async function sampleImages(sample: string): Promise<Record<string, NamedFile[]>> {
  const zip = await (await fetch(`samples/${sample}.zip`)).blob();
  const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false });
  const images: Record<string, NamedFile[]> = {};
  for (const entry of await reader.getEntries()) {
    const [className = '', path] = entry.filename.split('/');
    if (entry.directory || !path) continue;
    images[className] ??= [];
    images[className].push({ path, file: await entry.getData(new BlobWriter('image/png')) });
  }
  await reader.close();
  return images;
}

/** The first `count` of these images in a folder. */
const placed = (images: NamedFile[] | undefined, folder: string, count: number): NamedFile[] =>
  (images ?? []).slice(0, count).map(({ path, file }) => ({ path: `${folder}/${path}`, file }));

/** The data set with thumbnails of half the size and less quality, to keep the file small. */
async function withSmallThumbnails(): Promise<DatasetSummary> {
  const { dataset } = read();
  if (!dataset) throw new Error('The images were not imported.');
  const { tile, columns } = dataset.thumbnailLayout;
  const classes = await Promise.all(
    dataset.classes.map(async (each) => {
      const sprite = await createImageBitmap(each.thumbnails);
      const canvas = new OffscreenCanvas(sprite.width / 2, sprite.height / 2);
      canvas.getContext('2d')?.drawImage(sprite, 0, 0, canvas.width, canvas.height);
      return { ...each, thumbnails: await canvas.convertToBlob({ type: 'image/webp', quality: 0.6 }) };
    }),
  );
  return { ...dataset, classes, thumbnailLayout: { tile: tile / 2, columns } };
}
