/** The ids of the settings in `index.ts`, without their code: the page checks stored runs against them. */
export const SETTING_IDS = [
  'linear-probe',
  'atoms',
  'core-atoms',
  'lora',
  'full',
  'lora-xs',
  'svf',
  'coefficient-atoms',
  'overcomplete-atoms',
  'all-atoms',
  'lora-peft',
  'bitfit',
  'scale-and-shift',
] as const;
