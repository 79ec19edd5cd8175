/** Yields the stream's chunks. Only newer browsers can iterate streams directly. Leaving the loop cancels the stream. */
export async function* chunks<Chunk>(stream: ReadableStream<Chunk>): AsyncGenerator<Chunk, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Has no effect if the stream has ended; an error of the stream has already been thrown.
    await reader.cancel().catch(() => {});
  }
}
