/** For tests only: the files of interop/pytorch/weight_forms.py. */
import type { NamedFile } from '../worker/protocol';

const small = import.meta.glob<string>('./weight-forms/*', { query: '?url', import: 'default' });
/** 102 MB each, so no part of the project. */
const whole = import.meta.glob<string>('../../out/weights/*', { query: '?url', import: 'default' });

/** The committed files of these names, in this order. */
export async function committed(names: readonly string[]): Promise<NamedFile[]> {
  return Promise.all(
    names.map(async (name) => {
      const file = await fetched(small[`./weight-forms/${name}`]);
      if (!file) throw new Error(`${name} is missing. Run interop/pytorch/weight_forms.py.`);
      return { path: name, file };
    }),
  );
}

/** A whole ResNet-50 written by PyTorch; null where it was not made. */
export async function madeByTorch(name: string): Promise<NamedFile | null> {
  const file = await fetched(whole[`../../out/weights/${name}`]);
  return file && { path: name, file };
}

async function fetched(resolve: (() => Promise<string>) | undefined): Promise<Blob | null> {
  const url = await resolve?.();
  return url === undefined ? null : (await fetch(url)).blob();
}
