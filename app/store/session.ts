/** The page's state: one store. Only the actions in this folder write to it. */
import { create } from 'zustand';
import { backboneLabel } from '../../src/backbone/backbone-label';
import type {
  BackboneChoice,
  BackboneSummary,
  LayerAtoms,
  Recognition,
  Storage,
} from '../../src/core/backbone';
import type {
  Correction,
  DataSource,
  DatasetSummary,
  KeptSource,
  NamedFile,
  Reading,
} from '../../src/core/dataset';
import type { EngineInfo, MemoryInfo, Notice } from '../../src/core/engine';
import type { Classification, Expected, ModelSummary } from '../../src/core/model';
import type { DownloadProgress, Progress } from '../../src/core/progress';
import type { RunTiming } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import { dataKey } from '../../src/data/data-key';
import { STARTER } from '../../src/hub/starter';
import type { StorageUse } from '../storage/measure';
import { percent } from '../ui/format';
import { correctionWords, imageCount, PRESET_LABELS } from './data-words';
import { FIRST_SETTINGS } from './defaults';
import type { Problem } from './problem';
import { isActive, type RunRecord } from './run-record';
import { decided, type Sweep } from './sweep';
import { type Configuration, DEFAULT_CONFIGURATION } from './url';

export type EngineState =
  | { status: 'starting'; progress: Progress | null }
  | { status: 'ready'; info: EngineInfo }
  | { status: 'failed'; problem: Problem };

export interface TunedModel {
  summary: ModelSummary;
  /** Whether it classifies the images on Use. */
  chosen: boolean;
  /** Why the engine does not hold the model; null if it does. */
  gone: string | null;
  /** Whether its file is in the project, from which the engine takes it up again. */
  kept: boolean;
}

/** A sweep that may still queue runs. */
export interface SavedSweep {
  sweep: Sweep;
  basis: string;
  /** Keys of trials that the person removed. */
  removed: readonly string[];
}

/** The project that the page works on. */
export interface OpenProject {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  madeAt: number;
  /** True while another tab has it open: this one changes nothing. */
  readOnly: boolean;
}

/** Whether the project is stored as the page shows it. */
export type Saving =
  | { status: 'saved' }
  | { status: 'saving' }
  /** `isFull`: because there is no room. */
  | { status: 'failed'; problem: Problem; isFull: boolean };

/** An image on Use. */
export interface ImageToClassify extends NamedFile {
  /** By model id. */
  readonly predictions: ReadonlyMap<string, Classification>;
  /** Why it cannot be decoded; null as long as nothing is wrong with it. */
  readonly reason: string | null;
}

export interface ImagesToClassify {
  /** Sorted by path. */
  images: readonly ImageToClassify[];
  /** Null if nothing is being classified. */
  progress: Progress | null;
  /** The person cancelled before every image was classified. */
  cancelled: boolean;
  problem: Problem | null;
}

export const NO_IMAGES: ImagesToClassify = { images: [], progress: null, cancelled: false, problem: null };

export interface Session {
  /** Null as long as there is nothing to store. */
  project: OpenProject | null;
  saving: Saving;
  /** Writing or reading a project's zip. */
  projectWork: Progress | null;
  /** Why a project could not be opened, exported or imported. */
  projectProblem: Problem | null;
  /** Why the points of runs cannot be saved; null if they can. */
  checkpointProblem: string | null;
  /** What the browser stores for this page; null until measured. */
  storageUse: StorageUse | null;
  /** Whether the dialog that shows it is open. */
  showsStorage: boolean;
  /** What came of the first request to keep what is stored, until dismissed; null if there was none on this visit. */
  persistence: 'asked' | 'granted' | 'refused' | null;
  configuration: Configuration;
  engine: EngineState;
  memory: MemoryInfo | null;
  /** Optimized kernels that are replaced by reference kernels on this GPU adapter. */
  notices: Notice[];
  backbone: BackboneSummary | null;
  /** How the current backbone was chosen. It is opened in the same way after the engine restarts. */
  backboneChoice: BackboneChoice;
  loadingBackbone: Progress | DownloadProgress | null;
  backboneProblem: Problem | null;
  /** Backbones stored in this browser; null until requested. */
  storage: Storage | null;
  /** Predictions of the pretrained classifier for some of the images, before any tuning. */
  recognition: Recognition[] | null;
  recognizing: Progress | null;
  recognitionProblem: Problem | null;

  dataset: DatasetSummary | null;
  /** Kept so that the data can be read again after the engine restarts. */
  source: DataSource | null;
  /** How its folders are read, if the person chose, and the corrected labels. */
  reading: Reading;
  /** Where the project keeps the images; null until they are written. */
  kept: KeptSource | null;
  /** True if they have other corrections there than here. They are read with those of here, and written again. */
  keptIsFormer: boolean;
  /** Corrections of labels that are not applied yet. */
  pendingCorrections: Correction[];
  importing: Progress | null;
  /** True while the current images are split again. */
  splitting: boolean;
  dataProblem: Problem | null;

  atoms: LayerAtoms[] | null;
  decomposing: Progress | null;
  atomsProblem: Problem | null;

  settings: SettingSummary[];
  settingsProblem: Problem | null;
  /** Measured timings, by `paceKey`. */
  timings: Record<string, RunTiming>;
  /** Seconds of a forward pass per image for a backbone on a backend; null seconds if it could not be measured. */
  pace: { owner: string; secondsPerImage: number | null } | null;
  measuring: Progress | null;
  measuringProblem: Problem | null;

  runs: RunRecord[];
  /** Ids of the interrupted runs that continue by themselves when the engine is ready. */
  resuming: readonly string[];
  /** What of the project could not be read; it stays stored. */
  unreadable: readonly { name: string; why: string }[];
  /** Sweeps by id. */
  sweeps: Readonly<Record<string, SavedSweep>>;
  /** Id of the run that the engine is training, even if it was removed from the list. */
  training: string | null;
  runProblem: Problem | null;
  /** True if the queue is paused: no further run starts. */
  queueHeld: boolean;
  /** How the browser slowed or stopped training while the page was hidden, until dismissed; empty if it did not. */
  slowdown: string;
  /** Whether the page offers a notification when the queue ends. */
  offersNotification: boolean;

  models: TunedModel[];
  loadingAdapter: boolean;
  /** What became of the files that were loaded last, if there is something to say. */
  adapterNotes: readonly string[];
  modelsProblem: Problem | null;
  toClassify: ImagesToClassify;

  /** Text for screen readers. */
  announcement: string;
  /** Shown at the top of the page until dismissed. */
  notice: string;
  /** Whether a newer version of the page can be used, perhaps only when other tabs are closed; null if there is none. */
  newVersion: 'ready' | 'other tabs' | null;
}

export const useSession = create<Session>(() => ({
  project: null,
  saving: { status: 'saved' },
  projectWork: null,
  projectProblem: null,
  checkpointProblem: null,
  storageUse: null,
  showsStorage: false,
  persistence: null,
  configuration: DEFAULT_CONFIGURATION,
  engine: { status: 'starting', progress: null },
  memory: null,
  notices: [],
  backbone: null,
  backboneChoice: STARTER,
  loadingBackbone: null,
  backboneProblem: null,
  storage: null,
  recognition: null,
  recognizing: null,
  recognitionProblem: null,
  dataset: null,
  source: null,
  reading: {},
  kept: null,
  keptIsFormer: false,
  pendingCorrections: [],
  importing: null,
  splitting: false,
  dataProblem: null,
  atoms: null,
  decomposing: null,
  atomsProblem: null,
  settings: [],
  settingsProblem: null,
  timings: {},
  pace: null,
  measuring: null,
  measuringProblem: null,
  runs: [],
  resuming: [],
  unreadable: [],
  sweeps: {},
  training: null,
  runProblem: null,
  queueHeld: false,
  slowdown: '',
  offersNotification: false,
  models: [],
  loadingAdapter: false,
  adapterNotes: [],
  modelsProblem: null,
  toClassify: NO_IMAGES,
  announcement: '',
  notice: '',
  newVersion: null,
}));

export const read = useSession.getState;
export const write = useSession.setState;
export const announce = (announcement: string) => write({ announcement });

/** The chosen settings, in the engine's order; if nothing was chosen yet, those of the first settings that fit into memory. */
export function chosenSettings({
  configuration,
  settings,
}: Pick<Session, 'configuration' | 'settings'>): SettingSummary[] {
  const { settings: chosen } = configuration;
  return settings.filter(({ id, memory }) =>
    chosen ? chosen.includes(id) : FIRST_SETTINGS.includes(id) && memory.fits,
  );
}

/** The sweep for the current choices. */
export function chosenSweep(
  session: Pick<Session, 'configuration' | 'settings'>,
  { augmentation }: Pick<DatasetSummary, 'augmentation'>,
): Sweep {
  const { hyperparameters, sweep } = session.configuration;
  return decided({ settings: chosenSettings(session), hyperparameters, choice: sweep, augmentation });
}

/** Why a model cannot be used now, and what to do; null if it can. */
export function absence(
  { summary, gone, kept }: Pick<TunedModel, 'summary' | 'gone' | 'kept'>,
  backbone: BackboneSummary | null,
): string | null {
  const isOther = summary.backbone.key !== backbone?.key;
  const again = summary.file ? 'Load the file again to use it.' : 'Run the setting again to use it.';
  if (gone !== null && !kept) return `${gone} ${again}`;
  if (gone !== null && !isOther) return gone;
  if (!isOther) return null;
  return `This model belongs to another backbone. Choose ${summary.backbone.name} on Backbone to use it.`;
}

/** The models that can be used now. */
export const usableModels = ({ models, backbone }: Pick<Session, 'models' | 'backbone'>) =>
  models.filter((model) => absence(model, backbone) === null);

/** A run can be renamed after its model was made. */
export const modelName = ({ modelId, name }: ModelSummary, runs: Session['runs']): string =>
  runs.find(({ id }) => id === modelId)?.name ?? name;

/** The models that classify the images on Use, under their current names; with the file if several have the same name. */
export function chosenModels(session: Pick<Session, 'models' | 'backbone' | 'runs'>): ModelSummary[] {
  const chosen = usableModels(session).filter((model) => model.chosen);
  const names = chosen.map(({ summary }) => modelName(summary, session.runs));
  return chosen.map(({ summary }, index) => {
    const name = names[index] ?? '';
    const isShared = names.indexOf(name) !== names.lastIndexOf(name);
    return { ...summary, name: isShared && summary.file ? `${name} (${summary.file.name})` : name };
  });
}

export const activeRun = ({ runs }: Session) => runs.find(isActive);

/** Label of the images and the split. */
export function dataLabel({
  name,
  split,
  testSplit,
  seed,
  testPart,
  preset,
  reading,
  classes,
}: DatasetSummary): string {
  const held = testSplit === 'stratified' ? `, ${percent(testPart, 0)} for testing` : '';
  const drawn = split === 'given' ? 'given split' : `split ${seed}${held}`;
  const taken = preset === 'whole' ? '' : `, ${PRESET_LABELS[preset]}`;
  const seeded = preset !== 'whole' && split === 'given' ? `, seed ${seed}` : '';
  const corrected = reading.corrections?.length ? `, ${correctionWords({ reading })}` : '';
  return `${name}, ${imageCount(classes)} images, ${drawn}${taken}${seeded}${corrected}`;
}

/** What runs must have in common to be compared: images, split and backbone. */
export const comparisonBasis = (dataset: DatasetSummary, { key }: BackboneSummary): string =>
  `${dataKey(dataset)} ${key}`;

/** Label of the comparison basis. */
export const comparisonLabel = (dataset: DatasetSummary, backbone: BackboneSummary): string =>
  `${dataLabel(dataset)}; ${backboneLabel(backbone)}`;

/** The backbone as engine calls expect it. */
export const expectedBackbone = (backbone: BackboneSummary): Pick<Expected, 'backbone'> => ({
  backbone: { key: backbone.key, name: backboneLabel(backbone) },
});

/** The data as engine calls expect it. */
export const expectedData = (dataset: DatasetSummary): Pick<Expected, 'data'> => ({
  data: { key: dataKey(dataset), name: dataset.name },
});

/** The backbone and the data as engine calls expect them. */
export const expectedOf = (dataset: DatasetSummary, backbone: BackboneSummary): Expected => ({
  ...expectedBackbone(backbone),
  ...expectedData(dataset),
});
