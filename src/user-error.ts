/**
 * An error the person can act on: its message says what was wrong, where, and what to do. The page shows it
 * as it stands; any other error is a bug and is shown as one.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
