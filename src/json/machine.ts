/** What a scanner of JSON remembers between two bytes: the state it is in, and one bit for each level of nesting. */

/** Takes a byte; null when it fits, else what was expected instead. */
export type State = (machine: Machine, byte: number) => string | null;

/** Where a scanner is. */
export interface Machine {
  state: State;
  /** The state behind the string, number or word that is being read. */
  next: State;
  readonly levels: Levels;
  /** Bytes that are still to come: of an escape, or of a character that has several. */
  left: number;
  /** Between what the next byte of a character has to be. */
  low: number;
  high: number;
  /** The word that is being read, and how far. */
  word: string;
  at: number;
  /** Values that are in no other. */
  texts: number;
  /** Whether all of them so far are objects or arrays that stand on one line each. */
  isByLine: boolean;
  /** Whether there was a word that only other writers of JSON know. */
  isExtended: boolean;
  /** Whether a line ended behind the last of them, so that another may begin. */
  isLineOver: boolean;
}

/** The arrays and objects that are open. */
export interface Levels {
  /** Opens one. */
  push(isObject: boolean): void;
  /** Closes the last. */
  pop(): void;
  /** Whether the last is an object. */
  isObject(): boolean;
  depth(): number;
}

export function createMachine(first: State): Machine {
  const rest = {
    left: 0,
    low: 0,
    high: 0,
    word: '',
    at: 0,
    texts: 0,
    isByLine: true,
    isLineOver: false,
    isExtended: false,
  };
  return { state: first, next: first, levels: createLevels(), ...rest };
}

function createLevels(): Levels {
  let bits = new Uint8Array(128);
  let depth = 0;

  function grow(): void {
    const more = new Uint8Array(bits.length * 2);
    more.set(bits);
    bits = more;
  }

  return {
    push(isObject) {
      const at = depth >> 3;
      if (at === bits.length) grow();
      const mask = 1 << (depth & 7);
      bits[at] = isObject ? (bits[at] ?? 0) | mask : (bits[at] ?? 0) & ~mask;
      depth += 1;
    },
    pop() {
      depth -= 1;
    },
    isObject: () => ((bits[(depth - 1) >> 3] ?? 0) & (1 << ((depth - 1) & 7))) !== 0,
    depth: () => depth,
  };
}
