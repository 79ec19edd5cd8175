/** Thumbnails of a class, shown as sections of one sprite image by background position. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ClassSummary, DatasetSummary } from '../../../src/worker/protocol';
import { count } from '../../ui/format';
import { Thumbnail } from '../../ui/Thumbnail';
import { useObjectUrl } from '../../ui/use-object-url';
import classes from './ClassGrid.module.css';

/** Number of thumbnails shown initially, and how many of them are validation images. */
const FEW = { train: 12, val: 4 };
const SIZE = 52;

interface Props {
  summary: ClassSummary;
  layout: DatasetSummary['thumbnailLayout'];
}

export function ClassGrid({ summary: { name, train, val, test, thumbnails }, layout }: Props) {
  const [all, setAll] = useState(false);
  const url = useObjectUrl(thumbnails);
  const total = train + val + test;
  const few = total <= FEW.train + FEW.val;
  const indices = Array.from({ length: total }, (_, index) => index).filter(
    (index) => all || few || (index < train ? index < FEW.train : index < train + Math.min(val, FEW.val)),
  );
  return (
    <section className={classes.group} aria-label={`Class ${name}`}>
      <header className={classes.head}>
        <h4>{name}</h4>
        <span className="numbers">
          {count(train)} train · {count(val)} val{test > 0 && ` · ${count(test)} test`}
        </span>
        {!few && (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-expanded={all}
            aria-label={all ? `Show fewer of ${name}` : `Show all ${total} of ${name}`}
            onClick={() => setAll(!all)}
          >
            {all ? 'Show fewer' : `Show all ${count(total)}`}
          </Button>
        )}
      </header>
      <div className={classes.grid} role="img" aria-label={`Thumbnails of ${name}`}>
        {indices.map((index) => (
          <Thumbnail
            key={index}
            url={url}
            layout={layout}
            index={index}
            size={SIZE}
            isValidation={index >= train}
          />
        ))}
      </div>
    </section>
  );
}
