/** A number with its bounds: what does not fit is said and not taken. */
import { NumberInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Props {
  label: string;
  help?: string;
  /** Null where the field is left empty, which only one with `onClear` may be. */
  value: number | null;
  min: number;
  max: number;
  step?: number;
  /** Takes whole numbers only. */
  whole?: boolean;
  disabled?: boolean;
  width?: number;
  /** Shown while empty. */
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
      error={fits(draft) ? null : `${whole ? 'A whole number from' : 'From'} ${min} to ${max}`}
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
