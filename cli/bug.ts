/** A bug in the engine or its page; `details` are for a bug report. */
export class Bug extends Error {
  override readonly name = 'Bug';
  constructor(
    message: string,
    readonly details: string,
  ) {
    super(message);
  }
}
