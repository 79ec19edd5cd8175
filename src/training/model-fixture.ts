/** For tests only: a setting applied to a backbone, with its decompositions, which are computed once per backbone. */
import type { Backbone } from '../backbone/backbone';
import type { SettingOptions } from '../core/setting';
import { codingKey } from '../decompose/atom-coding';
import { basisKey } from '../decompose/bases';
import { findBases } from '../decompose/layer-bases';
import { decomposeBackbone } from '../decompose/layer-codes';
import { methodById } from '../methods';
import { decompositionsFor } from './decompositions';
import { TunedModel } from './tuned-model';

const found = new WeakMap<Backbone, Map<string, Promise<unknown>>>();

export async function modelFixture(
  backbone: Backbone,
  setting: string,
  options: SettingOptions,
  classes: number,
): Promise<TunedModel> {
  const known = found.get(backbone) ?? new Map<string, Promise<unknown>>();
  found.set(backbone, known);
  const once = <T>(key: string, find: () => Promise<T>): Promise<T> => {
    const promise = (known.get(key) as Promise<T> | undefined) ?? find(); // stored under the same key by the same `find`
    known.set(key, promise);
    return promise;
  };
  const method = methodById(setting);
  const decompositions = await decompositionsFor(backbone, method, options, {
    codes: (coding, layers) =>
      once([codingKey(coding), ...layers].join(), () => decomposeBackbone(backbone, coding, layers)),
    bases: (spec, layers) =>
      once([basisKey(spec), ...layers].join(), () => findBases(backbone, spec, layers)),
  });
  return new TunedModel(backbone, method, options, classes, decompositions);
}
