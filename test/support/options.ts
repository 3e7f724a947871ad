/** Options of both kinds in one object, as `getBackupRun()` takes them, told apart for an inspector and its calls. */

import type { InspectionOptions, InspectorOptions } from '../../src/index.ts';

export function splitOptions<Own extends Partial<InspectorOptions>>(
  options: Own & InspectionOptions,
): { readonly own: Omit<Own, keyof InspectionOptions>; readonly call: InspectionOptions } {
  const { level, signal, timeBudgetMs, onProgress, ...own } = options;
  return { own, call: { level, signal, timeBudgetMs, onProgress } };
}
