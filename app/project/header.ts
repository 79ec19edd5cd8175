/** The record of a project itself, from what the page or the command line has of it. */
import type { BackboneChoice, BackboneSummary } from '../../src/core/backbone';
import type { DatasetSummary } from '../../src/core/dataset';
import type { Session } from '../store/session';
import { coverOf } from './cover';
import { PROJECT_VERSION, type ProjectHeader } from './schema';

interface Parts
  extends Pick<
    ProjectHeader,
    'id' | 'name' | 'madeAt' | 'step' | 'configuration' | 'source' | 'queueHeld' | 'runs' | 'models'
  > {
  backbone: BackboneSummary | null;
  backboneChoice: BackboneChoice;
  sweeps: Session['sweeps'];
  dataset: DatasetSummary | null;
}

/** The header as it is stored now. */
export async function projectHeader({ dataset, ...parts }: Parts): Promise<ProjectHeader> {
  const { backbone, backboneChoice, sweeps } = parts;
  const { source } = backboneChoice;
  return {
    ...parts,
    ...{ version: PROJECT_VERSION, changedAt: Date.now(), deletedAt: null },
    // The schema's lists can be changed, those of the page cannot.
    ...{ backbone: backbone as ProjectHeader['backbone'], sweeps: sweeps as ProjectHeader['sweeps'] },
    // The person's own weight files are not stored with the project.
    backboneChoice: {
      ...backboneChoice,
      source: source.kind === 'files' ? { ...source, files: [] } : source,
    },
    ...(await coverOf(dataset)),
  };
}
