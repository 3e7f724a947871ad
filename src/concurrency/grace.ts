/** A grace period for work that may never end. */

import { clearTimeout, setTimeout } from './clock.ts';

/** Milliseconds that are waited for what hung storage may hold. */
const GRACE = 500;

/** Resolves when the work is over, however it ended, or when nobody should wait any longer. */
export async function waitForGrace(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, GRACE);
  });
  await Promise.race([work.catch(() => undefined), over]);
  clearTimeout(timer);
}
