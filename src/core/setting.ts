/** A tuning setting as a person chooses it. */
import type { MemoryPlan } from './run';

/** An option of a setting, e.g. LoRA's rank. */
export interface SettingOption {
  id: string;
  label: string;
  help: string;
  default: number;
  min: number;
  max: number;
  /** The allowed values, if there are only a few. */
  choices?: { value: number; label: string }[];
}

export interface SettingSummary {
  id: string;
  label: string;
  /** Short mathematical symbol for charts and tables, e.g. `ΔD`. */
  symbol: string;
  /** One sentence: what is trained. */
  description: string;
  /** One sentence: when to take it. */
  advice: string;
  options: SettingOption[];
  /** Default learning rate of this setting for its options' defaults. */
  learningRate: number;
  /** How the default learning rate follows options, by their ids: it is multiplied by (value / default)^exponent. */
  rateExponents: Readonly<Record<string, number>>;
  /** A sentence that says which option has an impossible value and why; null if all values are possible. */
  fault: string | null;
  /**
   * Number of trainable parameters for the loaded backbone, the classes of the loaded data and the given options. An impossible
   * value is replaced by the option's default.
   */
  trainable: { backbone: number; head: number };
  tunedLayers: number;
  /**
   * Bytes of the trained parameters and the atoms in its adapter file. The file's header is not counted, nor are bases that cannot be
   * computed again with certainty (docs/adapter-file.md).
   */
  adapterBytes: number;
  /** The paper's results for this setting, with the citation; empty if it reports none. */
  paper: string;
  /** The plan for the loaded data and the requested batch size and memory cap. */
  memory: MemoryPlan;
}

export type SettingOptions = Record<string, number>;
