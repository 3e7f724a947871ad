/** How many inspections and steps of listings go on at once. */

import { createSemaphore, type Semaphore } from '../concurrency/semaphore.ts';
import type { InspectionSettings } from './options.ts';

/**
 * Each has some eight descriptors, or 24 of a listing: a process may have no more than 256. What hashes for hours must not keep
 * waiting what has a limit of time, and neither of them what hashes nothing.
 */
const AT_ONCE = { long: 8, timed: 4, quick: 4 } as const;

/** The semaphore of an inspection, by how it is done. */
export function createSemaphores(): (call: InspectionSettings) => Semaphore {
  const long = createSemaphore(AT_ONCE.long);
  const timed = createSemaphore(AT_ONCE.timed);
  const quick = createSemaphore(AT_ONCE.quick);
  return ({ level, timeBudgetMs }) => {
    if (level !== 'digest') return quick;
    return timeBudgetMs === undefined ? long : timed;
  };
}
