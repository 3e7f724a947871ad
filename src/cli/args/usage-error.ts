/** A mistake on the command line comes in, the one thing that ends a program with exit code 2 goes out. */

/** What was typed cannot be meant; the message says what was expected. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
