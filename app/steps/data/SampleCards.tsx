import { Button } from '@mantine/core';
import { importSample } from '../../store/data-actions';
import classes from './SampleCards.module.css';
import { SAMPLES } from './samples';

export function SampleCards({ disabled }: { disabled: boolean }) {
  return (
    <ul className={classes.cards} aria-label="Sample sets">
      {SAMPLES.map(({ name, title, description }) => (
        <li key={name} className={classes.card}>
          <div>
            <h4>{title}</h4>
            <p>{description}</p>
          </div>
          <Button
            size="xs"
            variant="default"
            disabled={disabled}
            aria-label={`Use the sample ${title}`}
            onClick={() => void importSample(name)}
          >
            Use this sample
          </Button>
        </li>
      ))}
    </ul>
  );
}
