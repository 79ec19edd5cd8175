/** For tests only. */

/** A blob that counts the bytes read from it and its slices. */
export class CountedBlob extends Blob {
  constructor(
    private readonly whole: Blob,
    private readonly count: (bytes: number) => void,
  ) {
    super([whole]);
  }

  override slice(start?: number, end?: number): Blob {
    return new CountedBlob(this.whole.slice(start, end), this.count);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    this.count(this.size);
    return this.whole.arrayBuffer();
  }
}
