/** The hyperparameters that all settings share: a few are visible, the rest is collapsed with the paper's defaults. */
import { Collapse, NativeSelect, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Augmentation } from '../../../src/core/dataset';
import type { Hyperparameters } from '../../store/defaults';
import { useSession } from '../../store/session';
import { setHyperparameters } from '../../store/setting-actions';
import { BOUNDS } from '../../store/url';
import { FoldButton } from '../../ui/FoldButton';
import { count } from '../../ui/format';
import { NumberField } from '../../ui/NumberField';
import { Block } from '../../ui/StepPage';
import classes from './TuneStep.module.css';

interface Field {
  label: string;
  help: string;
  bounds: readonly [number, number];
  step?: number;
  whole?: boolean;
  get: (hyperparameters: Hyperparameters) => number;
  set: (value: number, hyperparameters: Hyperparameters) => Partial<Hyperparameters>;
}

const IN_SIGHT: Field[] = [
  {
    label: 'Epochs',
    help: 'Passes over the training images. Time grows in proportion; accuracy gains get smaller.',
    bounds: BOUNDS.epochs,
    whole: true,
    get: ({ epochs }) => epochs,
    set: (epochs) => ({ epochs }),
  },
  {
    label: 'Batch size',
    help: 'Images per step. A larger batch takes more memory and makes fewer, less noisy steps.',
    bounds: BOUNDS.batchSize,
    whole: true,
    get: ({ batchSize }) => batchSize,
    set: (batchSize) => ({ batchSize }),
  },
];

const FOLDED: Field[] = [
  {
    label: 'Head learning rate',
    help: 'Learning rate of the head in all settings except the linear probe.',
    bounds: BOUNDS.learningRate,
    step: 0.001,
    get: ({ headLearningRate }) => headLearningRate,
    set: (headLearningRate) => ({ headLearningRate }),
  },
  {
    label: 'Weight decay',
    help: 'Shrinks the trainable parameters towards zero at every step.',
    bounds: BOUNDS.weightDecay,
    step: 0.0001,
    get: ({ weightDecay }) => weightDecay,
    set: (weightDecay) => ({ weightDecay }),
  },
  {
    label: 'Warm-up',
    help: 'Fraction of the steps over which the learning rate rises to its full value, 0 to 0.95.',
    bounds: BOUNDS.fraction,
    step: 0.05,
    get: ({ warmup }) => warmup,
    set: (warmup) => ({ warmup }),
  },
  {
    label: 'Dropout',
    help: 'Probability that a feature is set to zero before the head, 0 to 0.95.',
    bounds: BOUNDS.fraction,
    step: 0.1,
    get: ({ dropout }) => dropout,
    set: (dropout) => ({ dropout }),
  },
  {
    label: 'Views per image',
    help: 'Random crops and flips of each image, drawn once and used in all epochs. With frozen stages, few views make epochs fast and many keep the accuracy. 0: new views in every epoch.',
    bounds: BOUNDS.views,
    whole: true,
    get: ({ views }) => views,
    set: (views) => ({ views }),
  },
  {
    label: 'Patience, epochs',
    help: 'Stops a run after this many epochs without a higher validation accuracy. Saves time and may cost accuracy. 0: never.',
    bounds: BOUNDS.patience,
    whole: true,
    get: ({ patience }) => patience,
    set: (patience) => ({ patience }),
  },
  {
    label: 'Training seed',
    help: 'Order of images, augmentation and initial values. Runs with the same seed are repeatable.',
    bounds: BOUNDS.seed,
    whole: true,
    get: ({ seed }) => seed,
    set: (seed) => ({ seed }),
  },
];

const PROBE: Field[] = [
  {
    label: 'Probe epochs',
    help: 'Fast, because the features are computed once.',
    bounds: BOUNDS.epochs,
    whole: true,
    get: ({ probe }) => probe.epochs,
    set: (epochs, { probe }) => ({ probe: { ...probe, epochs } }),
  },
  {
    label: 'Probe learning rate',
    help: 'Learning rate of the head in the linear probe.',
    bounds: BOUNDS.learningRate,
    step: 0.001,
    get: ({ probe }) => probe.learningRate,
    set: (learningRate, { probe }) => ({ probe: { ...probe, learningRate } }),
  },
  {
    label: 'Probe weight decay',
    help: 'Higher by default than in other settings, because the head overfits first.',
    bounds: BOUNDS.weightDecay,
    step: 0.001,
    get: ({ probe }) => probe.weightDecay,
    set: (weightDecay, { probe }) => ({ probe: { ...probe, weightDecay } }),
  },
  {
    label: 'Probe batch size',
    help: 'Images per step of the linear probe, of which only the features are used.',
    bounds: BOUNDS.batchSize,
    whole: true,
    get: ({ probe }) => probe.batchSize,
    set: (batchSize, { probe }) => ({ probe: { ...probe, batchSize } }),
  },
];

const AUGMENTATIONS: { value: Augmentation; label: string }[] = [
  { value: 'crops-flips', label: 'Random crops and flips' },
  { value: 'flips', label: 'Random flips only' },
  { value: 'none', label: 'None' },
];

function Fields({ fields }: { fields: Field[] }) {
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  return fields.map(({ label, help, bounds, step, whole, get, set }) => (
    <NumberField
      key={label}
      label={label}
      help={help}
      value={get(hyperparameters)}
      min={bounds[0]}
      max={bounds[1]}
      step={step ?? 1}
      whole={whole ?? false}
      onChange={(value) => setHyperparameters(set(value, hyperparameters))}
    />
  ));
}

/** The memory limit. Larger batches are split into micro-batches, so it does not change the results. */
function MemoryCap() {
  const memoryCap = useSession((session) => session.configuration.hyperparameters.memoryCap);
  const budget = useSession(({ engine }) =>
    engine.status === 'ready' ? Math.floor(engine.info.limits.budget / 1e6) : null,
  );
  return (
    <NumberField
      label="Memory cap, MB"
      help={`Memory a run may take. A batch that needs more is split into micro-batches; the result is the same.${
        budget === null ? '' : ` Default: ${count(budget)}.`
      }`}
      value={memoryCap}
      min={BOUNDS.memoryCap[0]}
      max={BOUNDS.memoryCap[1]}
      step={100}
      whole
      placeholder="automatic"
      onChange={(value) => setHyperparameters({ memoryCap: value })}
      onClear={() => setHyperparameters({ memoryCap: null })}
    />
  );
}

export function HyperparameterFields() {
  const [opened, { toggle }] = useDisclosure(false);
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  const asked = useSession((session) => session.dataset?.augmentation);
  const data = AUGMENTATIONS.find(({ value }) => value === asked)?.label.toLowerCase();
  return (
    <Block
      title="Shared hyperparameters"
      note="The linear probe takes only the seed and the memory cap from here. Its other values are below them."
    >
      <div className={classes.hyperparameters}>
        <div className={classes.fields}>
          <Fields fields={IN_SIGHT} />
        </div>
        <FoldButton opened={opened} onToggle={toggle} ml="calc(-1 * var(--space-2))">
          {opened ? 'Fewer hyperparameters' : 'More hyperparameters'}
        </FoldButton>
        <Collapse expanded={opened} keepMounted={false} className={classes.more}>
          <div className={classes.fields}>
            <Fields fields={FOLDED} />
            <NativeSelect
              label="Augmentation"
              description={
                data
                  ? `Random changes of training images. Default of this data set: ${data}.`
                  : 'Random changes of training images.'
              }
              inputWrapperOrder={['label', 'input', 'description']}
              value={hyperparameters.augmentation ?? ''}
              onChange={(event) => {
                const picked = AUGMENTATIONS.find(({ value }) => value === event.currentTarget.value);
                setHyperparameters({ augmentation: picked?.value ?? null });
              }}
              data={[{ value: '', label: 'Default of the data set' }, ...AUGMENTATIONS]}
            />
            <MemoryCap />
          </div>
          <Switch
            my="md"
            label="Warm start"
            description="Trains a linear probe first and starts every setting from its head."
            checked={hyperparameters.warmStart}
            onChange={(event) => setHyperparameters({ warmStart: event.currentTarget.checked })}
          />
          <div className={classes.fields}>
            <Fields fields={PROBE} />
          </div>
        </Collapse>
      </div>
    </Block>
  );
}
