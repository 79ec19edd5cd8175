/** A summary of the data set in one line, and its split. */
import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { Augmentation, DatasetSummary, SplitChoice } from '../../../src/core/dataset';
import { PRESETS } from '../../../src/data/presets';
import { choosePreset, splitAgain } from '../../store/data-actions';
import {
  givenUpSentence,
  groupSentence,
  imageCount,
  imagesPerPart,
  PRESET_LABELS,
  partWords,
  presetSentence,
  unvalidatedSentence,
} from '../../store/data-words';
import { useSession } from '../../store/session';
import { BOUNDS } from '../../store/url';
import { counted, percent } from '../../ui/format';
import { NumberField } from '../../ui/NumberField';
import classes from './SplitBar.module.css';

const AUGMENTATIONS: Record<Augmentation, string> = {
  'crops-flips': 'random crops and flips',
  flips: 'random flips only',
  none: 'none',
};

/** Fraction of test images that the page offers; equal to the validation fraction. */
const TEST_PART = 0.2;

export function SplitBar({ dataset, reason }: { dataset: DatasetSummary; reason: string | null }) {
  const [seed, setSeed] = useState(dataset.seed);
  const splitting = useSession((session) => session.splitting);
  const isDrawn = dataset.split === 'stratified' || dataset.preset !== 'whole';
  const images = imagesPerPart(dataset.classes);
  const said = [presetSentence(dataset), groupSentence(dataset), unvalidatedSentence(dataset)].filter(
    Boolean,
  );
  const warning = givenUpSentence(dataset);

  const split = async (change: Partial<SplitChoice>) => {
    if (change.seed !== undefined) setSeed(change.seed);
    await splitAgain(change);
  };
  return (
    <section className={classes.bar} aria-label="Data set">
      <div className={classes.words}>
        <h3>{dataset.name}</h3>
        {dataset.description !== '' && <p>{dataset.description}</p>}
        <p className="numbers">
          {counted(imageCount(dataset.classes), 'image')} in{' '}
          {counted(dataset.classes.length, 'class', 'classes')}:{' '}
          <strong>{partWords(images).join(', ')}</strong>. Augmentation: {AUGMENTATIONS[dataset.augmentation]}
          .
        </p>
        {said.length > 0 && <p className="numbers">{said.join(' ')}</p>}
        {warning !== '' && (
          <p className="numbers">
            <strong>Images are very similar.</strong> {warning}
          </p>
        )}
      </div>
      <div className={classes.split}>
        <NativeSelect
          label="Subset"
          value={dataset.preset}
          disabled={reason !== null}
          onChange={(event) => {
            const preset = PRESETS.find((each) => each === event.currentTarget.value);
            if (preset) void choosePreset(preset);
          }}
          data={PRESETS.map((value) => ({ value, label: PRESET_LABELS[value] }))}
        />
        {dataset.split === 'given' && (
          <p>Split: given by the folders {dataset.testSplit ? 'train, val and test' : 'train and val'}.</p>
        )}
        {isDrawn && (
          <>
            <NumberField
              label="Split seed"
              value={seed}
              min={BOUNDS.seed[0]}
              max={BOUNDS.seed[1]}
              whole
              width={110}
              disabled={reason !== null}
              onChange={setSeed}
            />
            <Button
              variant="default"
              loading={splitting}
              disabled={reason !== null}
              onClick={() => void split({ seed: seed === dataset.seed ? seed + 1 : seed })}
            >
              Split again
            </Button>
            {dataset.split === 'stratified' && dataset.testSplit === 'given' && (
              <p>Test images: given by the folder test.</p>
            )}
            {dataset.split === 'stratified' && dataset.testSplit !== 'given' && (
              <Checkbox
                className={classes.check}
                label={`Hold out ${percent(TEST_PART, 0)} as test images`}
                checked={dataset.testPart > 0}
                disabled={reason !== null}
                onChange={(event) => void split({ testPart: event.currentTarget.checked ? TEST_PART : 0 })}
              />
            )}
          </>
        )}
        <Button component="a" href="#tune">
          Choose settings
        </Button>
      </div>
      {reason && !splitting && <p className={classes.reason}>{reason}</p>}
    </section>
  );
}
