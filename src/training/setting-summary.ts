/** What a setting is and how much it trains on a backbone. A value that it cannot have is said and spoils no other setting. */
import { convolutions, type Network } from '../backbone/layout';
import type { TuningMethod } from '../methods/method';
import { optionsFault, possibleOptions } from '../methods/option-fault';
import type { MemoryPlan, SettingOptions, SettingSummary } from '../worker/protocol';
import { optionsFor, parameterTable, tunedLayers } from './parameters';

/**
 * Counts `method` with the options chosen for it and has it planned.
 * @param plan called with the chosen options, in place of each impossible value its default
 */
export async function settingSummary(
  method: TuningMethod,
  chosen: SettingOptions,
  network: Network,
  classes: number,
  plan: (options: SettingOptions) => Promise<MemoryPlan>,
): Promise<SettingSummary> {
  const specs = convolutions(network);
  const { id, label, symbol, description, paper, learningRate } = method;
  const options = optionsFor(method, specs);
  const possible = possibleOptions(options, chosen);
  const table = parameterTable(method, possible, specs, network.features, classes);
  return {
    id,
    label,
    symbol,
    description,
    paper,
    learningRate,
    options,
    fault: optionsFault({ label, options }, chosen),
    trainable: { backbone: table.backbone, head: table.head },
    tunedLayers: tunedLayers(table).size,
    memory: await plan(possible),
  };
}
