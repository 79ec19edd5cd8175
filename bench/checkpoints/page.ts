/** The page under main.ts: the same run with and without checkpoints, in turn. */
import { Engine } from '../../app/engine';
import { namedFiles } from '../../app/steps/data/named-files';
import { FIRST_SAMPLE, sampleSource } from '../../app/steps/data/samples';
import { runConfig, settingsQuestion } from '../../app/store/defaults';
import { expectedOf } from '../../app/store/session';
import { DEFAULT_CONFIGURATION } from '../../app/store/url';
import type { BackendChoice } from '../../src/core/engine';
import type { CheckpointCost, RunEvent } from '../../src/core/run';
import { deleteInProject } from '../../src/files/project-folder';

export interface CheckpointRequest {
  backend: BackendChoice;
  setting: string;
  epochs: number;
  inputSize: number | null;
  pairs: number;
}

export interface CheckpointTimes {
  steps: number;
  /** Of each pair, seconds from the first step to the end of training. */
  without: number[];
  with: number[];
  /** Of all checkpoints of the runs that had them. */
  checkpoints: CheckpointCost[];
}

declare global {
  var checkpoints: (request: CheckpointRequest) => Promise<CheckpointTimes>;
}

globalThis.checkpoints = async ({ backend, setting: id, epochs, inputSize, pairs }) => {
  const engine = new Engine(() => {});
  let { backbone } = await engine.call('start', { backend });
  const input = document.getElementById('weights') as HTMLInputElement; // an input of page.html
  const files = namedFiles([...(input.files ?? [])]);
  if (files.length > 0 || inputSize !== null)
    ({ backbone } = await engine.call('useBackbone', {
      source: files.length > 0 ? { kind: 'files', files } : { kind: 'starter' },
      ...{ stages: null, inputSize },
    }));
  const data = await engine.call('importData', {
    source: sampleSource(FIRST_SAMPLE),
    ...{ preset: 'whole', reading: {}, seed: 0, testPart: 0 },
  });
  const hyperparameters = { ...DEFAULT_CONFIGURATION.hyperparameters, epochs };
  const settings = await engine.call('settings', settingsQuestion(hyperparameters, data));
  const setting = settings.find((each) => each.id === id);
  if (!setting) throw new Error(`There is no setting ${id}.`);
  const expected = expectedOf(data, backbone);
  const config = runConfig(setting, hyperparameters, data.augmentation);
  const times: CheckpointTimes = { steps: 0, without: [], with: [], checkpoints: [] };

  async function seconds(project: string | null): Promise<number> {
    const runId = crypto.randomUUID();
    const asked = { runId, name: 'timed', config, memoryCap: null, mostAtOnce: null, scoreTest: false };
    let [first, last] = [0, 0];
    const onProgress = (event: RunEvent) => {
      if (event.kind === 'unsaved') throw new Error(event.message);
      if (event.kind === 'saved') times.checkpoints.push(event);
      if (event.kind === 'step' || event.kind === 'epoch') {
        first ||= performance.now();
        last = performance.now();
      }
      if (event.kind === 'step') times.steps = event.step;
    };
    await engine.call('train', { ...asked, project, expected }, { onProgress });
    await engine.call('forget', { modelId: runId });
    return (last - first) / 1000;
  }

  // Its atoms, features and head are shared by those that follow.
  await seconds(null);
  const project = 'benchmark of checkpoints';
  for (let pair = 0; pair < pairs; pair++) {
    // In alternating order, because a machine's speed changes with time.
    for (const isSaved of pair % 2 === 0 ? [false, true] : [true, false])
      times[isSaved ? 'with' : 'without'].push(await seconds(isSaved ? project : null));
    await deleteInProject(project);
  }
  engine.terminate();
  return times;
};
