/** The one error that ends the program with exit code 2. */

/** What was typed cannot be meant; the message says what was expected. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
