/** Hyperparameters that all chosen settings share. The less common ones are folded away. */
import { Button, Collapse, NativeSelect, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Augmentation } from '../../../src/worker/protocol';
import type { Knobs } from '../../store/defaults';
import { useSession } from '../../store/session';
import { turn } from '../../store/setting-actions';
import { BOUNDS } from '../../store/url';
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
  get: (knobs: Knobs) => number;
  set: (value: number, knobs: Knobs) => Partial<Knobs>;
}

const IN_SIGHT: Field[] = [
  {
    label: 'Epochs',
    help: 'Passes over the training images. Training time is proportional to it; accuracy levels off.',
    bounds: BOUNDS.epochs,
    whole: true,
    get: ({ epochs }) => epochs,
    set: (epochs) => ({ epochs }),
  },
  {
    label: 'Batch size',
    help: 'Images per optimizer step. Larger batches need more memory and give fewer, less noisy steps.',
    bounds: BOUNDS.batchSize,
    whole: true,
    get: ({ batchSize }) => batchSize,
    set: (batchSize) => ({ batchSize }),
  },
];

const FOLDED: Field[] = [
  {
    label: 'Head learning rate',
    help: 'Of the classifier head, in every setting.',
    bounds: BOUNDS.learningRate,
    step: 0.001,
    get: ({ headLearningRate }) => headLearningRate,
    set: (headLearningRate) => ({ headLearningRate }),
  },
  {
    label: 'Weight decay',
    help: 'Weight decay of AdamW, for all trained parameters.',
    bounds: BOUNDS.weightDecay,
    step: 0.0001,
    get: ({ weightDecay }) => weightDecay,
    set: (weightDecay) => ({ weightDecay }),
  },
  {
    label: 'Warm-up',
    help: 'Fraction of the steps over which the learning rate rises, 0 to 0.95.',
    bounds: BOUNDS.fraction,
    step: 0.05,
    get: ({ warmup }) => warmup,
    set: (warmup) => ({ warmup }),
  },
  {
    label: 'Dropout',
    help: 'Probability of dropping a feature before the head, 0 to 0.95.',
    bounds: BOUNDS.fraction,
    step: 0.1,
    get: ({ dropout }) => dropout,
    set: (dropout) => ({ dropout }),
  },
  {
    label: 'Views per image',
    help: 'Augmented views of each image, drawn once and used in turn. With frozen stages, few views make epochs fast and many keep accuracy. 0: new views in every epoch.',
    bounds: BOUNDS.views,
    whole: true,
    get: ({ views }) => views,
    set: (views) => ({ views }),
  },
  {
    label: 'Patience, epochs',
    help: 'Stops a run after this many epochs without a better validation accuracy. Saves time, at some risk to accuracy. 0: never.',
    bounds: BOUNDS.patience,
    whole: true,
    get: ({ patience }) => patience,
    set: (patience) => ({ patience }),
  },
  {
    label: 'Training seed',
    help: 'Seeds the order of images, the augmentation and the initial values. The same seed gives the same run.',
    bounds: BOUNDS.seed,
    whole: true,
    get: ({ seed }) => seed,
    set: (seed) => ({ seed }),
  },
];

const PROBE: Field[] = [
  {
    label: 'Probe epochs',
    help: 'Fast: the features are computed once.',
    bounds: BOUNDS.epochs,
    whole: true,
    get: ({ probe }) => probe.epochs,
    set: (epochs, { probe }) => ({ probe: { ...probe, epochs } }),
  },
  {
    label: 'Probe learning rate',
    help: 'Of the head.',
    bounds: BOUNDS.learningRate,
    step: 0.001,
    get: ({ probe }) => probe.learningRate,
    set: (learningRate, { probe }) => ({ probe: { ...probe, learningRate } }),
  },
  {
    label: 'Probe weight decay',
    help: 'Stronger than in other settings: the head overfits first.',
    bounds: BOUNDS.weightDecay,
    step: 0.001,
    get: ({ probe }) => probe.weightDecay,
    set: (weightDecay, { probe }) => ({ probe: { ...probe, weightDecay } }),
  },
  {
    label: 'Probe batch size',
    help: 'Features per step.',
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
  const knobs = useSession((session) => session.configuration.knobs);
  return fields.map(({ label, help, bounds, step, whole, get, set }) => (
    <NumberField
      key={label}
      label={label}
      help={help}
      value={get(knobs)}
      min={bounds[0]}
      max={bounds[1]}
      step={step ?? 1}
      whole={whole ?? false}
      onChange={(value) => turn(set(value, knobs))}
    />
  ));
}

/** A larger batch than fits is trained in parts, so this changes no result. */
function MemoryCap() {
  const memoryCap = useSession((session) => session.configuration.knobs.memoryCap);
  const budget = useSession(({ engine }) =>
    engine.status === 'ready' ? Math.floor(engine.info.limits.budget / 1e6) : null,
  );
  return (
    <NumberField
      label="Memory cap, MB"
      help={`Limit for the tensors of a run. A batch that needs more is trained in parts, with the same result.${
        budget === null ? '' : ` Empty: ${count(budget)}.`
      }`}
      value={memoryCap}
      min={BOUNDS.memoryCap[0]}
      max={BOUNDS.memoryCap[1]}
      step={100}
      whole
      placeholder="automatic"
      onChange={(value) => turn({ memoryCap: value })}
      onClear={() => turn({ memoryCap: null })}
    />
  );
}

export function KnobFields() {
  const [opened, { toggle }] = useDisclosure(false);
  const knobs = useSession((session) => session.configuration.knobs);
  const asked = useSession((session) => session.dataset?.augmentation);
  const data = AUGMENTATIONS.find(({ value }) => value === asked)?.label.toLowerCase();
  return (
    <Block title="Shared by all" note="The linear probe uses its own hyperparameters, below.">
      <div className={classes.knobs}>
        <div className={classes.fields}>
          <Fields fields={IN_SIGHT} />
        </div>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened} ms={-8}>
          {opened ? 'Fewer numbers' : 'More numbers'}
        </Button>
        <Collapse expanded={opened} keepMounted={false} className={classes.more}>
          <div className={classes.fields}>
            <Fields fields={FOLDED} />
            <NativeSelect
              label="Augmentation"
              description={
                data
                  ? `Random changes that leave the label valid. Recommended for this data: ${data}.`
                  : 'Random changes that leave the label valid.'
              }
              inputWrapperOrder={['label', 'input', 'description']}
              value={knobs.augmentation ?? ''}
              onChange={(event) => {
                const picked = AUGMENTATIONS.find(({ value }) => value === event.currentTarget.value);
                turn({ augmentation: picked?.value ?? null });
              }}
              data={[{ value: '', label: 'As recommended for the data' }, ...AUGMENTATIONS]}
            />
            <MemoryCap />
          </div>
          <Switch
            my="md"
            label="Warm start"
            description="Train a linear probe first and start every setting from its head, so that no run starts below the probe’s accuracy."
            checked={knobs.warmStart}
            onChange={(event) => turn({ warmStart: event.currentTarget.checked })}
          />
          <div className={classes.fields}>
            <Fields fields={PROBE} />
          </div>
        </Collapse>
      </div>
    </Block>
  );
}
