/**
 * An error that the user can correct: its message says what was wrong, where, and what to do. The page shows the message as it
 * is; any other error is a bug and is shown as one.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
