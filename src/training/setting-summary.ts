/** The description of a setting and its size on a backbone. An invalid option is reported and does not affect other settings. */
import { convolutions, type Network } from '../backbone/layout';
import type { MemoryPlan } from '../core/run';
import type { SettingOptions, SettingSummary } from '../core/setting';
import { sizeOf } from '../core/shape';
import type { TuningMethod } from '../methods/method';
import { optionsFault, possibleOptions } from '../methods/option-fault';
import { neededAtoms, optionsFor, parameterTable, tunedLayers } from './parameters';

/**
 * The summary of `method` with the chosen options.
 * @param plan called with the chosen options, with the default in place of each invalid value
 */
export async function settingSummary(
  method: TuningMethod,
  chosen: SettingOptions,
  network: Network,
  classes: number,
  plan: (options: SettingOptions) => Promise<MemoryPlan>,
): Promise<SettingSummary> {
  const specs = convolutions(network);
  const { id, label, symbol, description, advice, paper, learningRate, rateExponents } = method;
  const options = optionsFor(method, specs);
  const possible = possibleOptions(options, chosen);
  const table = parameterTable(method, possible, specs, network.features, classes);
  return {
    id,
    label,
    symbol,
    description,
    advice,
    paper,
    learningRate,
    rateExponents,
    options,
    fault: optionsFault({ label, options }, chosen),
    trainable: { backbone: table.backbone, head: table.head },
    tunedLayers: tunedLayers(table).size,
    adapterBytes:
      Float32Array.BYTES_PER_ELEMENT *
      neededAtoms(method, possible, table).reduce(
        (sum, { shape }) => sum + sizeOf(shape),
        table.backbone + table.head,
      ),
    memory: await plan(possible),
  };
}
