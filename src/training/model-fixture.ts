/** For tests only: a setting applied to a backbone, with its decompositions, which are computed once per backbone. */
import type { Backbone } from '../backbone/backbone';
import { codingKey } from '../decompose/atom-coding';
import { decomposeBackbone, type LayerCodes } from '../decompose/layer-codes';
import { methodById } from '../methods';
import type { SettingOptions } from '../worker/protocol';
import { codesFor } from './atom-codes';
import { TunedModel } from './tuned-model';

const found = new WeakMap<Backbone, Map<string, Promise<LayerCodes>>>();

export async function modelFixture(
  backbone: Backbone,
  setting: string,
  options: SettingOptions,
  classes: number,
): Promise<TunedModel> {
  const known = found.get(backbone) ?? new Map<string, Promise<LayerCodes>>();
  found.set(backbone, known);
  const method = methodById(setting);
  const codes = await codesFor(backbone, method, options, (coding, layers) => {
    const key = [codingKey(coding), ...layers].join();
    const codes = known.get(key) ?? decomposeBackbone(backbone, coding, layers);
    known.set(key, codes);
    return codes;
  });
  return new TunedModel(backbone, method, options, classes, codes);
}
