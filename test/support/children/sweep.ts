/** Makes each call of inspections fail in turn, and reports what is wrong with the answers. */

import { openSync, readSync, writeSync } from 'node:fs';
import { createInspector, getBackupRun, type Answer, type Inspector } from '../../../src/index.ts';
import { complaintsAbout, type Failed, type Outcome } from '../sweep-judge.ts';
import { input, openDescriptors, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface SweepInput {
  readonly root: string;
  readonly runId: string;
  readonly control: string;
  readonly rounds: readonly Round[];
  /** Whether each inspection is one call of `getBackupRun()`, or all are calls of one inspector. */
  readonly oneShot?: boolean;
  /** Whether the directories of a path are looked at as well, which is so where there is no /proc. */
  readonly portable?: boolean;
}

/** One sweep: the errno, which kinds of calls it befalls, and how many in a row. */
export interface Round {
  readonly errno: string;
  readonly number: number;
  readonly kinds?: number;
  readonly times: number;
}

export interface SweepOutput {
  readonly cases: number;
  readonly failedCalls: number;
  /** Calls of an inspection in which none fails, by kind. */
  readonly calls: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly complaints: readonly string[];
  readonly outcomes: Readonly<Record<string, number>>;
}

const KINDS = ['open', 'stat', 'read', 'opendir', 'readdir', 'close'] as const;
const ALL = (1 << KINDS.length) - 1;

const HEADER = 32;
const LONGEST = 480;
const LOGGED = 64;

const { root, runId, control, rounds, oneShot = false, portable = false } = input() as SweepInput;
const shared = openSync(control, 'r+');

function arm(kinds: number, first: number, times: number, error: number): void {
  const header = Buffer.alloc(HEADER);
  [kinds, first, times, error].forEach((value, index) => header.writeInt32LE(value, index * 4));
  writeSync(shared, header, 0, HEADER, 0);
}

function disarm(): { calls: number; failed: Failed[]; count: number } {
  const memory = Buffer.alloc(HEADER + LOGGED * (LONGEST + 4));
  readSync(shared, memory, 0, memory.length, 0);
  arm(0, 0, 0, 0);
  const count = memory.readInt32LE(20);
  const failed = Array.from({ length: Math.min(count, LOGGED) }, (_, index): Failed => {
    const at = HEADER + index * (LONGEST + 4);
    const path = memory.subarray(at + 4, at + 4 + LONGEST);
    const kind = KINDS[Math.log2(memory.readInt32LE(at))] ?? 'open';
    const name = path.toString('utf8', 0, path.indexOf(0)).slice(root.length + 1);
    return { kind, path: name === '.' ? '' : name };
  });
  return { calls: memory.readInt32LE(16), failed, count };
}

let inspector: Inspector | null = null;

/** Ends in an answer, a rejection, or never. */
async function outcome(): Promise<Outcome> {
  inspector ??= oneShot ? null : createInspector({ root });
  const answering = inspector?.getBackupRun({ run_id: runId }) ?? getBackupRun({ run_id: runId }, { root });
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<Outcome>((resolve) => {
    timer = setTimeout(resolve, 20_000, { ended: 'never' });
  });
  const ended = answering.then(
    (answer): Outcome => ({ ended: 'answer', answer }),
    (reason: unknown): Outcome => ({ ended: 'rejection', reason: String(reason) }),
  );
  return Promise.race([ended, never]).finally(() => clearTimeout(timer));
}

/** What an answer comes to, for the count. */
function nameOf(result: Outcome): string {
  if (result.ended !== 'answer') return result.ended;
  const { answer } = result;
  if (!answer.ok) return answer.error.code;
  return answer.findings.map(({ code }) => code).join(' ') || 'ok';
}

async function undisturbed(): Promise<Answer> {
  const result = await outcome();
  if (result.ended !== 'answer') throw new Error(`the undisturbed inspection ended in ${result.ended}`);
  return result.answer;
}

// Every thread that there may be is started before anything is counted.
if (!oneShot) await Promise.all(Array.from({ length: 8 }, undisturbed));
await undisturbed();
let before = await quietDescriptors();
const baseline = await undisturbed();
// Its run is let go of by a message, which may come after the answer.
await settledDescriptors(before);
arm(ALL, 0, 0, 0);
await undisturbed();
await settledDescriptors(before);
const { calls } = disarm();
const byKind: Record<string, number> = {};
for (const [bit, kind] of KINDS.entries()) {
  arm(1 << bit, 0, 0, 0);
  await undisturbed();
  await settledDescriptors(before);
  byKind[kind] = disarm().calls;
}

/** By what they say, how often and from which call on they are said first. */
const complaints = new Map<string, { count: number; readonly first: number }>();
const outcomes: Record<string, number> = {};
let cases = 0;
let failedCalls = 0;
for (const { errno, number, kinds = ALL, times } of rounds) {
  for (let first = 1; ; first += 1) {
    arm(kinds, first, times, number);
    const result = await outcome();
    const isHeld = openDescriptors() > before;
    const after = await settledDescriptors(before);
    const { failed, count } = disarm();
    if (count === 0) break;
    cases += 1;
    failedCalls += count;
    const name = `${errno}: ${nameOf(result)}`;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
    const found = complaintsAbout(result, { errno, failed, times, baseline, portable });
    if (oneShot && isHeld) found.push('a descriptor is still open after close()');
    // Fewer are those of an idle thread that was retired, and may be started again.
    if (after > before) found.push(`${after - before} descriptors more than before`);
    before = Math.max(before, after);
    const [where] = failed;
    for (const complaint of found) {
      const text = `${errno} of ${where?.kind} "${where?.path}": ${complaint}`;
      const known = complaints.get(text) ?? { count: 0, first };
      known.count += 1;
      complaints.set(text, known);
    }
    if (result.ended === 'never') break;
  }
}
await (inspector as Inspector | null)?.close();
say({
  cases,
  failedCalls,
  calls,
  byKind,
  complaints: Array.from(
    complaints,
    ([text, { count, first }]) => `${text} (${count}, first from call ${first} on)`,
  ),
  outcomes,
} satisfies SweepOutput);
process.exit();
