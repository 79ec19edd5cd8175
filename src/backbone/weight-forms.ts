/** For tests only: the files of interop/pytorch/weight_forms.py. */
import type { NamedFile } from '../core/dataset';

const urls = import.meta.glob<string>('./weight-forms/*', { query: '?url', import: 'default' });

/** The files of these names, in this order. */
export async function committed(names: readonly string[]): Promise<NamedFile[]> {
  return Promise.all(
    names.map(async (path) => {
      const url = await urls[`./weight-forms/${path}`]?.();
      if (url === undefined) throw new Error(`${path} is missing. Run interop/pytorch/weight_forms.py.`);
      return { path, file: await (await fetch(url)).blob() };
    }),
  );
}
