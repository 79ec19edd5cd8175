/** Asks how the folders of a data set are to be read, with a preview of each option. Names are rendered as plain text. */
import { Alert, Button, Code, Radio } from '@mantine/core';
import { useState } from 'react';
import type { DataQuestion, Reading, ReadingOption } from '../../../src/core/dataset';
import { classSentence, partWords } from '../../store/data-words';
import { counted } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import classes from './ReadingChoice.module.css';

interface Props {
  question: DataQuestion;
  disabled: boolean;
  onChoose: (reading: Reading) => void;
  onDismiss: () => void;
}

export function ReadingChoice({
  question: { sentence, tree, options },
  disabled,
  onChoose,
  onDismiss,
}: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const reading = options.find((option) => keyOf(option) === chosen)?.reading;
  return (
    <Alert
      color="yellow"
      icon={<Icon of="warning" />}
      title="How should these images be read?"
      withCloseButton
      closeButtonLabel="Dismiss"
      onClose={onDismiss}
    >
      <p>{sentence}</p>
      {tree !== '' && (
        <Code block className={classes.tree} tabIndex={0}>
          {tree}
        </Code>
      )}
      <Radio.Group value={chosen} onChange={setChosen} aria-label="Ways to read the images">
        <div className={classes.options}>
          {options.map((option) => (
            <Radio
              key={keyOf(option)}
              value={keyOf(option)}
              label={option.label}
              description={preview(option)}
            />
          ))}
        </div>
      </Radio.Group>
      <Button
        className={classes.action}
        disabled={disabled || !reading}
        onClick={() => reading && onChoose(reading)}
      >
        Read the images this way
      </Button>
    </Alert>
  );
}

const keyOf = ({ reading }: ReadingOption) => JSON.stringify(reading);

/** The resulting classes and images; empty if the question is only about file names. */
function preview({ classes: found, parts, leftOut }: ReadingOption): string {
  if (found.length === 0) return '';
  const counts = found.map(({ name, images }) => ({ name, train: images, val: 0, test: 0 }));
  return [
    classSentence(counts),
    ...(parts ? [`${partWords(parts).join(', ')}.`] : []),
    ...(leftOut > 0 ? [`${counted(leftOut, 'image')} left out.`] : []),
  ].join(' ');
}
