/** What the command line runs in: streams, clock, environment, signal. Tests give it another one. */

/** Where text goes. */
export interface Channel {
  /** Columns of the terminal it is; null when it is none. Asked anew each time, because terminals are resized. */
  readonly columns: () => number | null;
  /** Whether lines can be drawn again. */
  readonly canRedraw: boolean;
  /** Resolves when the text was taken, or nobody is there any more to take it. */
  readonly print: (text: string) => Promise<void>;
}

/** Calls a function at an interval until what it returns is called. Its timer never keeps the process alive. */
export type Every = (milliseconds: number, call: () => void) => () => void;

/** What the command line stands in. */
export interface CliContext {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** For data. */
  readonly out: Channel;
  /** For progress and complaints. */
  readonly err: Channel;
  /** Whether data may be coloured. */
  readonly hasColours: boolean;
  /**
   * Standard input; ends early when the work is to stop.
   *
   * @throws UsageError where it is nothing to read from.
   */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Aborted when the work is to stop. */
  readonly signal: AbortSignal;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly every: Every;
}
