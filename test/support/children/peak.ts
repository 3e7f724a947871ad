/** The most memory that this process ever had, and how late its timers were, after an inspection of a run. */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getBackupRun, type Finding, type GetBackupRunOptions } from '../../../src/index.ts';
import { input, say } from './say.ts';

export interface PeakInput {
  readonly request: { readonly run_id: string };
  readonly options: GetBackupRunOptions;
}

export interface PeakOutput {
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  /** Bytes. */
  readonly peak: number;
  readonly milliseconds: number;
  /** The longest delay of the event loop, in milliseconds. */
  readonly delay: number;
}

const { request, options } = input() as PeakInput;
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
const since = performance.now();
const answer = await getBackupRun(request, options);
const milliseconds = performance.now() - since;
delays.disable();
if (!answer.ok) throw new Error(answer.error.message);
const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const { findings, coverage } = answer;
say({
  findings,
  findingsTotal: coverage.findingsTotal,
  peak: Number(kibibytes) * 1_024,
  milliseconds,
  delay: delays.max / 1e6,
} satisfies PeakOutput);
