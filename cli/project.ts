/** `--project`: what the project decides, and what it has. */
import { ATOM_COUNT } from '../app/store/defaults';
import { counted } from '../app/ui/format';
import type { BackboneSummary } from '../src/core/backbone';
import { UserError } from '../src/core/user-error';
import { type Choices, isZip, parseChoices } from './choices';
import type { OpenedProject, ProjectConfiguration } from './messages';

/**
 * The arguments, completed with the project's configuration and backbone.
 * @throws UserError if its backbone has to be given
 */
export function projectChoices(typed: string[], now: Date, project: OpenedProject): Choices {
  const choices = parseChoices(typed, now, project.configuration);
  if (!choices) throw new Error('Help opens no project.');
  const { backbone, backboneChoice } = project;
  const { path } = choices.backbone;
  if (path === null && backboneChoice.source.kind !== 'starter')
    throw new UserError(
      `The project uses the backbone “${backboneName(project)}”, whose weights are not in the zip. Give them with --backbone.`,
    );
  const { stages, inputSize, trunk } = backboneChoice;
  return {
    ...choices,
    backbone: {
      path,
      // Where they are the defaults of the backbone's source, those of a file may be others.
      stages: backbone && path !== null ? partOf(backbone.stages) : stages,
      inputSize: backbone && path !== null ? backbone.inputSize : inputSize,
      ...(trunk === undefined ? {} : { trunk }),
    },
  };
}

const partOf = ({ used, inFile }: BackboneSummary['stages']) => (used < inFile ? used : null);

function backboneName({ backbone, backboneChoice: { source } }: OpenedProject): string {
  return backbone?.name ?? ('id' in source ? source.id : 'of your own file');
}

/** Why the project's runs cannot be compared with runs on this backbone; null if they can, or nobody knows. */
export function otherBackbone({ backbone }: OpenedProject, here: BackboneSummary): string | null {
  if (!backbone || backbone.key === here.key) return null;
  const words = ({ name, hash, inputSize }: Pick<BackboneSummary, 'name' | 'hash' | 'inputSize'>) =>
    `“${name}” (SHA-256 ${hash}, input size ${inputSize})`;
  return `The backbone differs: the project uses ${words(backbone)}, this is ${words(here)}. Give the weights of the project with --backbone.`;
}

/** What was opened, and what of it cannot be read. `out`: where the results go. */
export function projectSentences(
  { name, images, runs, models, unreadable }: OpenedProject,
  out: string,
): string[] {
  const has = [counted(images, 'image'), counted(runs, 'run'), counted(models, 'model')].join(', ');
  const stays = isZip(out) ? 'It stays in the zip as it is.' : 'Everything else is used.';
  return [
    `Project: ${name}, ${has}.`,
    ...unreadable.map((part) => `“${part.name}” in the project cannot be read: ${part.why} ${stays}`),
  ];
}

/** The configuration of a new project: the page shows these choices. */
export function newConfiguration(choices: Choices): ProjectConfiguration {
  const { data, backend, splitSeed, testPart, preset, settings, hyperparameters, sweep } = choices;
  return {
    ...{ backend, splitSeed, testPart, preset, hyperparameters, sweep },
    sample: data?.kind === 'sample' ? data.name : null,
    atomCount: ATOM_COUNT.default,
    // A rerun selects no settings.
    settings: settings.length > 0 ? settings : null,
  };
}
