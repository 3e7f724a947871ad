/** Orders faults of a faulty disk by its socket, and hears of hangs. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export interface Orders {
  /** Gives an order and waits until it holds. */
  give(...lines: readonly string[]): Promise<void>;
  /** The next operation that hangs: `read /trades.db`. */
  hung(): Promise<string>;
  end(): void;
}

export async function takeOrders(path: string): Promise<Orders> {
  const socket = connect(path);
  await once(socket, 'connect');
  const replies = new Queue();
  const hangs = new Queue();
  createInterface(socket).on('line', (line) => {
    if (line.startsWith('hung ')) hangs.push(line.slice('hung '.length));
    else replies.push(line);
  });
  return {
    async give(...lines) {
      for (const line of lines) {
        socket.write(`${line}\n`);
        const reply = await replies.shift();
        if (reply !== 'ok') throw new Error(`${line}: ${reply}`);
      }
    },
    hung: () => hangs.shift(),
    end: () => void socket.destroy(),
  };
}

/** Lines that came, and those who wait for one. */
class Queue {
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];

  push(line: string): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#lines.push(line);
    else next(line);
  }

  shift(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
