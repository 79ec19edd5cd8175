/** What the test of core atoms runs: docs/core-atoms.md in code. */
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SettingOptions } from '../../src/core/setting';
import { samplePng } from '../sample-png';
import { drawSample, SAMPLE_SETS, samplePath } from '../samples';

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

export interface Plan {
  /** The name of its files. */
  id: string;
  name: string;
  setting: string;
  options: SettingOptions;
  /** Empty: its learning rate is not searched. */
  rates: readonly number[];
}

const SMALL = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
const LORA = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2];
const COEFFICIENTS = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2];

export const PLANS: readonly Plan[] = [
  { id: 'probe', name: 'linear probe', setting: 'linear-probe', options: {}, rates: [] },
  { id: 'atoms', name: 'atoms (ΔD), m = 9', setting: 'atoms', options: { m: 9 }, rates: SMALL },
  { id: 'core-3', name: 'core atoms, r = 3', setting: 'core-atoms', options: { r: 3 }, rates: SMALL },
  { id: 'core-8', name: 'core atoms, r = 8', setting: 'core-atoms', options: { r: 8 }, rates: SMALL },
  { id: 'xs-6', name: 'LoRA-XS, r = 6', setting: 'lora-xs', options: { r: 6 }, rates: SMALL },
  { id: 'xs-15', name: 'LoRA-XS, r = 15', setting: 'lora-xs', options: { r: 15 }, rates: SMALL },
  { id: 'svf', name: 'SVF', setting: 'svf', options: {}, rates: SMALL },
  { id: 'lora-1', name: 'LoRA, r = 1', setting: 'lora', options: { r: 1, alpha: 1 }, rates: LORA },
  { id: 'lora-4', name: 'LoRA, r = 4', setting: 'lora', options: { r: 4, alpha: 4 }, rates: LORA },
  {
    id: 'coefficient-atoms',
    name: 'coefficient atoms (ΔD_c), kc = 4',
    setting: 'coefficient-atoms',
    options: { m: 9, kc: 4 },
    rates: COEFFICIENTS,
  },
  { id: 'full', name: 'full tuning', setting: 'full', options: {}, rates: [3e-5, 1e-4, 3e-4, 1e-3, 3e-3] },
];

/** Settings whose learning rate is searched, for their defaults, and which are not tested. */
export const ONLY_SEARCHED: readonly Plan[] = [
  { id: 'atoms-4', name: 'atoms (ΔD), m = 4', setting: 'atoms', options: { m: 4 }, rates: SMALL },
  {
    id: 'coefficient-atoms-2',
    name: 'coefficient atoms (ΔD_c), kc = 2',
    setting: 'coefficient-atoms',
    options: { m: 9, kc: 2 },
    rates: COEFFICIENTS,
  },
  {
    id: 'overcomplete-atoms',
    name: 'overcomplete atoms, m₁ = 3',
    setting: 'overcomplete-atoms',
    options: {},
    rates: SMALL,
  },
  { id: 'all-atoms', name: 'all atoms', setting: 'all-atoms', options: {}, rates: COEFFICIENTS },
  { id: 'lora-peft', name: 'LoRA, PEFT form, r = 4', setting: 'lora-peft', options: {}, rates: LORA },
  { id: 'bitfit', name: 'biases only (BitFit)', setting: 'bitfit', options: {}, rates: SMALL },
  {
    id: 'scale-and-shift',
    name: 'scale and shift (SSF)',
    setting: 'scale-and-shift',
    options: {},
    rates: SMALL,
  },
];

/** Rates of settings that take no part in the test with ImageNet weights: a default must not be too high there. */
const RATES_ON_IMAGENET: Readonly<Record<string, readonly number[]>> = {
  'xs-15': [3e-3, 1e-2, 3e-2],
  svf: [1e-2, 3e-2, 1e-1],
  'coefficient-atoms': [3e-4, 1e-3, 3e-3],
  full: [3e-4, 1e-3, 3e-3],
  'overcomplete-atoms': [1e-3, 3e-3, 1e-2, 3e-2],
  'all-atoms': [3e-4, 1e-3, 3e-3],
  'lora-peft': [1e-3, 3e-3, 1e-2],
  bitfit: [3e-3, 1e-2, 3e-2],
  'scale-and-shift': [3e-3, 1e-2, 3e-2],
};

export interface TestSet {
  args: string[];
  /** Makes the folder with `train/` and `test/`; false if its images are not there. */
  folder: (to: string) => Promise<boolean>;
  seeds: number;
  /** The plans that take part; all if absent. */
  plans?: readonly string[];
  /** Plans whose learning rate is searched and which are not tested. */
  onlySearched: readonly Plan[];
  /**
   * Whether it is the set of “Try the sample”, which was chosen because tuning helps on it and so answers no question. The linear probe and core atoms are also trained in PyTorch (interop/pytorch/tune_sample.py).
   */
  isFirstSample?: boolean;
}

const IMAGENET = `${SHARED}weights/resnet50-imagenet-stages1-4.safetensors`;

export const SETS: Record<string, TestSet> = {
  'sign-digits': {
    args: ['--epochs', '8', '--augmentation', 'none'],
    folder: photos('sign-digits'),
    seeds: 5,
    onlySearched: ONLY_SEARCHED,
  },
  counting: {
    args: ['--epochs', '10', '--augmentation', 'flips'],
    folder: drawn('counting', 200),
    seeds: 5,
    onlySearched: ONLY_SEARCHED,
  },
  flowers5: {
    args: ['--epochs', '10', '--augmentation', 'crops-flips'],
    folder: photos('flowers5'),
    seeds: 3,
    onlySearched: ONLY_SEARCHED,
  },
  textures: {
    args: ['--epochs', '10', '--augmentation', 'crops-flips'],
    folder: drawn('textures', 100),
    seeds: 3,
    onlySearched: ONLY_SEARCHED,
  },
  'sign-digits-imagenet': {
    args: ['--epochs', '3', '--augmentation', 'crops-flips', '--backbone', IMAGENET, '--size', '64'],
    folder: photos('sign-digits'),
    seeds: 3,
    plans: ['probe', 'atoms', 'core-3', 'core-8', 'lora-4'],
    onlySearched: [...PLANS, ...ONLY_SEARCHED].flatMap((plan) => {
      const rates = RATES_ON_IMAGENET[plan.id];
      return rates ? { ...plan, rates } : [];
    }),
  },
  'surface-faults': {
    args: ['--epochs', '10', '--augmentation', 'flips'],
    folder: drawn('surface-faults', 100),
    seeds: 5,
    plans: ['probe', 'atoms', 'core-3', 'core-8', 'lora-4', 'full'],
    onlySearched: [],
    isFirstSample: true,
  },
};

/** The photos in ../shared: `val/` becomes the test images, so that a part of `train/` validates. */
function photos(name: string): TestSet['folder'] {
  return async (to) => {
    const from = `${SHARED}data/${name}`;
    if (!existsSync(from)) return false;
    await mkdir(to, { recursive: true });
    await cp(`${from}/train`, `${to}/train`, { recursive: true });
    await cp(`${from}/val`, `${to}/test`, { recursive: true });
    return true;
  };
}

/** The images of a sample set, and `perClass` further images of each class as test images. */
function drawn(id: string, perClass: number): TestSet['folder'] {
  return async (to) => {
    const set = SAMPLE_SETS.find((known) => known.id === id);
    if (!set) throw new Error(`There is no sample set ${id}.`);
    for (const { name } of set.classes) {
      for (let number = 0; number < set.imagesPerClass + perClass; number++) {
        const part = number < set.imagesPerClass ? 'train' : 'test';
        await mkdir(`${to}/${part}/${name}`, { recursive: true });
        await writeFile(
          `${to}/${part}/${samplePath(name, number)}`,
          samplePng(drawSample(set, name, number)),
        );
      }
    }
    return true;
  };
}

export const plansOf = ({ plans }: TestSet) => PLANS.filter(({ id }) => plans?.includes(id) ?? true);

/**
 * The adapters of this plan's first test runs are kept: an ensemble takes the mean of their logits, in PyTorch
 * (interop/pytorch/ensemble.py). It is compared with the first run of `rival`, the setting whose adapter is nearest in size.
 */
export const ENSEMBLE = { id: 'core-3', members: 3, rival: 'lora-1' };

export const SEARCH_SEED = 0;
export const FIRST_TEST_SEED = 1;
/** The greatest number of rates tried beyond either end of a range. */
export const BEYOND = 2;

/** The pairs of plans that the questions are about. */
export const QUESTIONS: readonly (readonly [string, string])[] = [
  ['core-3', 'atoms'],
  ['core-8', 'lora-4'],
  ['core-3', 'xs-6'],
  ['core-3', 'svf'],
  ['core-8', 'xs-15'],
];
