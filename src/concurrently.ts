/**
 * Runs `work` on every item, a few at a time, and gives the results in the items' order. The first error, or an
 * abort, ends it; work already begun is waited for, so nothing goes on behind the caller's back.
 */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  options: { signal?: AbortSignal | undefined; onDone?: ((done: number) => void) | undefined } = {},
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const queue = items.entries();
  let failed = false;
  async function lane(): Promise<void> {
    for (const [i, item] of queue) {
      if (failed) return;
      options.signal?.throwIfAborted();
      results.set(i, await work(item));
      options.onDone?.(results.size);
    }
  }
  const lanes = Array.from({ length: atOnce }, () =>
    lane().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  options.signal?.throwIfAborted();
  // Every lane ended well, so every place is filled; Result may itself be undefined.
  return items.map((_, i) => results.get(i) as Result);
}
