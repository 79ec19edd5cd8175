/** A number field with bounds. A value out of bounds shows an error and is not applied. */
import { NumberInput } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';

interface Props {
  label: string;
  help?: ReactNode;
  /** Null if the field is empty, which is possible only with `onClear`. */
  value: number | null;
  min: number;
  max: number;
  step?: number;
  /** Accepts only integers. */
  whole?: boolean;
  disabled?: boolean;
  width?: number;
  /** Placeholder. */
  placeholder?: string;
  onChange: (value: number) => void;
  onClear?: () => void;
}

export function NumberField(props: Props) {
  const { label, help, value, min, max, step, whole, disabled, width, placeholder, onChange, onClear } =
    props;
  const [draft, setDraft] = useState<number | string>(value ?? '');
  useEffect(() => setDraft(value ?? ''), [value]);
  const fits = (given: number | string) =>
    given === ''
      ? onClear !== undefined
      : typeof given === 'number' && given >= min && given <= max && (!whole || Number.isInteger(given));
  return (
    <NumberInput
      size="sm"
      label={label}
      description={help}
      value={draft}
      min={min}
      max={max}
      step={step ?? 1}
      allowDecimal={!whole}
      allowNegative={min < 0}
      decimalScale={whole ? 0 : 7}
      clampBehavior="none"
      disabled={disabled}
      placeholder={placeholder}
      w={width}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={fits(draft) ? null : `Enter a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`}
      onChange={(given) => {
        setDraft(given);
        if (given === '') onClear?.();
        else if (typeof given === 'number' && fits(given)) onChange(given);
      }}
      onBlur={() => {
        if (!fits(draft)) setDraft(value ?? '');
      }}
    />
  );
}
