/** Thumbnails of a class. One of them is in the tab order; the arrow keys go from one to the next. */
import { Button } from '@mantine/core';
import { useRovingIndex } from '@mantine/hooks';
import { useState } from 'react';
import type { ClassSummary } from '../../../src/core/dataset';
import { count } from '../../ui/format';
import classes from './ClassGrid.module.css';
import { imagesOf } from './data-images';
import { ImageButton } from './ImageViewer';

/** Number of thumbnails shown initially, and how many of them are validation images. */
const FEW = { train: 12, val: 4 };
const SIZE = 52;

export function ClassGrid({ summary }: { summary: ClassSummary }) {
  const { name, train, val, test } = summary;
  const [all, setAll] = useState(false);
  const images = imagesOf(summary);
  const total = images.length;
  const few = total <= FEW.train + FEW.val;
  const indices = [...images.keys()].filter(
    (index) => all || few || (index < train ? index < FEW.train : index < train + Math.min(val, FEW.val)),
  );
  const { getItemProps } = useRovingIndex({ total: indices.length, loop: false });
  return (
    <section className={classes.group} aria-label={`Class ${name}`}>
      <header className={classes.head}>
        <h4>{name}</h4>
        <span className="numbers">
          {count(train)} training · {count(val)} validation{test > 0 && ` · ${count(test)} test`}
        </span>
        {!few && (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-expanded={all}
            aria-label={all ? `Show fewer of ${name}` : `Show all ${total} of ${name}`}
            onClick={() => setAll(!all)}
          >
            {all ? 'Show fewer' : `Show all ${count(total)}`}
          </Button>
        )}
      </header>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset groups fields of a form */}
      <div className={classes.grid} role="group" aria-label={`Thumbnails of ${name}`}>
        {indices.map((index, place) => {
          // The click is the button's own: it opens the image.
          const { onClick: _, ...roving } = getItemProps({ index: place });
          return <ImageButton key={index} images={images} index={index} size={SIZE} {...roving} />;
        })}
      </div>
    </section>
  );
}
