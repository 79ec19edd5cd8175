/**
 * Runs `work` on every item, at most `atOnce` at a time, and returns the results in the items' order. After the first error or an
 * abort no further item is started; it rejects once all started work has ended.
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
  // No lane failed, so every index has a result; Result itself may be undefined.
  return items.map((_, i) => results.get(i) as Result);
}
