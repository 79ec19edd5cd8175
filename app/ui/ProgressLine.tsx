/** Progress of long work: what is being done, how much of it is done, and a cancel button. */
import { Progress as Bar, Button } from '@mantine/core';
import type { Progress } from '../../src/core/progress';
import { progressWords } from './format';
import classes from './ProgressLine.module.css';

interface Props {
  progress: Progress;
  /** Accessible name of the bar. */
  name: string;
  /** Text shown instead of the counts. */
  detail?: string;
  onCancel?: () => void;
}

export function ProgressLine({ progress, name, detail, onCancel }: Props) {
  const { label, done, total, share = total > 0 ? done / total : 0 } = progress;
  const known = total > 0;
  return (
    <div className={classes.line}>
      <div className={classes.words}>
        <span>{label}</span>
        {(known || detail) && <span className="numbers">{detail ?? progressWords(progress)}</span>}
      </div>
      <div className={classes.row}>
        <Bar.Root size="sm" className={classes.bar}>
          <Bar.Section
            value={known ? 100 * share : 100}
            color="var(--accent)"
            aria-label={name}
            animated={!known}
            striped={!known}
          />
        </Bar.Root>
        {onCancel && (
          <Button size="compact-sm" variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
    </div>
  );
}
