/** Near-duplicates in more than one class, each with its images: the person marks the right class, or removes images. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DatasetSummary } from '../../../src/core/dataset';
import { correct } from '../../store/data-actions';
import { conflictSentence } from '../../store/data-words';
import { counted } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import classes from './ConflictList.module.css';
import { conflictsOf, type DataImage } from './data-images';
import { FoldedBox } from './FoldedList';
import { ImageButton } from './ImageViewer';
import { LabelField } from './LabelField';

const SIZE = 96;
/** Number of conflicts shown at a time. */
const FEW = 5;

export function ConflictList({ dataset }: { dataset: DatasetSummary }) {
  const [shown, setShown] = useState(FEW);
  const conflicts = conflictsOf(dataset);
  if (conflicts.length === 0) return null;
  return (
    <FoldedBox
      label="Conflicting labels"
      isOpen
      lead={
        <>
          <strong>Conflicting labels.</strong> {conflictSentence(dataset)}
        </>
      }
    >
      <ul className={classes.conflicts}>
        {conflicts.slice(0, shown).map((images) => (
          <li key={images[0]?.path}>
            <Conflict images={images} />
          </li>
        ))}
      </ul>
      {shown < conflicts.length && (
        <Button size="compact-sm" variant="subtle" onClick={() => setShown(shown + FEW)}>
          Show {counted(Math.min(FEW, conflicts.length - shown), 'more conflict')}
        </Button>
      )}
    </FoldedBox>
  );
}

function Conflict({ images }: { images: DataImage[] }) {
  const named = [...new Set(images.map(({ className }) => className))];
  return (
    <>
      <div className={classes.images}>
        {images.map((image, index) => (
          <figure key={image.path}>
            <ImageButton images={images} index={index} size={SIZE} />
            <figcaption>
              <code>{image.path}</code>
              <LabelField image={image} />
            </figcaption>
          </figure>
        ))}
      </div>
      <div className={classes.all}>
        {named.map((name) => (
          <Button key={name} size="compact-sm" variant="default" onClick={() => correct(images, name)}>
            All are {name}
          </Button>
        ))}
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon of="remove" />}
          onClick={() => correct(images, null)}
        >
          Remove all
        </Button>
      </div>
    </>
  );
}
