/** The warnings this process gives until the test ends come out; none of them may be the library's. */

import { onTestFinished } from 'vitest';

export function warnings(): readonly Error[] {
  const given: Error[] = [];
  const keep = (warning: Error): void => void given.push(warning);
  process.on('warning', keep);
  onTestFinished(() => void process.off('warning', keep));
  return given;
}
