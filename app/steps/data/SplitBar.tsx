/** The set in one line, and how it is split. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Augmentation, DatasetSummary } from '../../../src/worker/protocol';
import { splitAgain } from '../../store/data-actions';
import { groupSentence, unvalidatedSentence } from '../../store/data-words';
import { BOUNDS } from '../../store/url';
import { count, counted } from '../../ui/format';
import { NumberField } from '../../ui/NumberField';
import classes from './SplitBar.module.css';

const AUGMENTATIONS: Record<Augmentation, string> = {
  'crops-flips': 'random crops and flips',
  flips: 'random flips only',
  none: 'none',
};

export function SplitBar({ dataset, reason }: { dataset: DatasetSummary; reason: string | null }) {
  const [seed, setSeed] = useState(dataset.seed);
  const [splitting, setSplitting] = useState(false);
  const train = dataset.classes.reduce((sum, each) => sum + each.train, 0);
  const val = dataset.classes.reduce((sum, each) => sum + each.val, 0);
  const said = [groupSentence(dataset), unvalidatedSentence(dataset.split, dataset.classes)].filter(Boolean);

  const split = async (next: number) => {
    setSplitting(true);
    setSeed(next);
    await splitAgain(next);
    setSplitting(false);
  };
  return (
    <section className={classes.bar} aria-label="Data set">
      <div className={classes.words}>
        <h3>{dataset.name}</h3>
        {dataset.description !== '' && <p>{dataset.description}</p>}
        <p className="numbers">
          {counted(train + val, 'image')} in {counted(dataset.classes.length, 'class', 'classes')}:{' '}
          <strong>{count(train)} to train</strong>, <strong>{count(val)} to validate</strong>. Augmentation:{' '}
          {AUGMENTATIONS[dataset.augmentation]}.
        </p>
        {said.length > 0 && <p className="numbers">{said.join(' ')}</p>}
      </div>
      <div className={classes.split}>
        {dataset.split === 'given' ? (
          <p>Split: the set’s own train and val folders.</p>
        ) : (
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
              onClick={() => void split(seed === dataset.seed ? seed + 1 : seed)}
            >
              Split again
            </Button>
          </>
        )}
        <Button component="a" href="#tune">
          Choose settings
        </Button>
      </div>
      {reason && <p className={classes.reason}>{reason}</p>}
    </section>
  );
}
