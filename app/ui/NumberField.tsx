/** A number with its bounds: what does not fit is said and not taken. */
import { NumberInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Props {
  label: string;
  help?: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  /** Takes whole numbers only. */
  whole?: boolean;
  disabled?: boolean;
  width?: number;
  onChange: (value: number) => void;
}

export function NumberField({ label, help, value, min, max, step, whole, disabled, width, onChange }: Props) {
  const [draft, setDraft] = useState<number | string>(value);
  useEffect(() => setDraft(value), [value]);
  const fits = (given: number | string) =>
    typeof given === 'number' && Number.isFinite(given) && given >= min && given <= max;
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
      w={width}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={fits(draft) ? null : `From ${min} to ${max}`}
      onChange={(given) => {
        setDraft(given);
        if (typeof given === 'number' && fits(given)) onChange(given);
      }}
      onBlur={() => {
        if (!fits(draft)) setDraft(value);
      }}
    />
  );
}
