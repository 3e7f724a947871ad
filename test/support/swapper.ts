/** A process that exchanges two paths with each other as fast as it can. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { compiled } from './native.ts';

export interface Swapper {
  /** Ends it, and resolves to the number of exchanges it made. */
  stop(): Promise<number>;
}

/** Starts to exchange; resolves when the first exchange was made. Needs Linux and gcc. */
export async function startSwapper(a: string, b: string): Promise<Swapper> {
  const child = spawn(compiled('swapper', 'program'), [a, b], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: first } = await lines.next();
  if (first !== 'ready') throw new Error('the swapper did not start');
  return {
    async stop() {
      child.kill('SIGTERM');
      const { value: count } = await lines.next();
      await exited;
      return Number(count);
    },
  };
}

/** Exchanges two paths once. Not atomically: for when nobody is looking. */
export function exchange(a: string, b: string): void {
  renameSync(a, `${a}.exchanged`);
  renameSync(b, a);
  renameSync(`${a}.exchanged`, b);
}
