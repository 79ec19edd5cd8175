/** The stream's pieces as they come. Streams themselves can be iterated in newer browsers only. Leaving the loop ends the stream. */
export async function* chunks<Chunk>(stream: ReadableStream<Chunk>): AsyncGenerator<Chunk, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Of no effect on a stream that has ended; its failure has been thrown.
    await reader.cancel().catch(() => {});
  }
}
