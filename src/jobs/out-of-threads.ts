/** The refusal where hung storage holds every thread that there may be. */

import { busy, Refusal } from '../model/errors.ts';

export function outOfThreads(): Refusal {
  return new Refusal(busy('every thread for reading is held by hung storage'));
}
