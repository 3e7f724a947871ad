import { afterAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/model/errors.ts';
import { readManifests } from '../../../src/manifest/read-manifest.ts';
import type { Io } from '../../../src/fs/calls.ts';
import { errnoOf } from '../../../src/fs/errno.ts';
import { participantManifest, RUN_MANIFEST } from '../../../src/repository/layout.ts';
import { holdRootByPath } from '../../../src/fs/path-handle.ts';
import type { Handle } from '../../../src/fs/handle.ts';
import { locate } from '../../../src/repository/locate-run.ts';
import type { Root } from '../../../src/fs/root.ts';
import { lookAtFile } from '../../../src/hashing/look-at-file.ts';
import { beginRead } from '../../../src/hashing/hash-file.ts';
import {
  INSIDE_BYTES,
  ATTACKS,
  OUTSIDE,
  OUTSIDE_DIGEST,
  said,
  stage,
  type Attack,
  type Staged,
} from '../../support/attacks.ts';
import { lacks, tell } from '../../support/needs.ts';
import { RUN_ID } from '../../support/runs.ts';
import { inspectStepped, steppedIo, steppedRoot } from '../../support/stepped.ts';
import { exchange } from '../../support/swapper.ts';

const skip = lacks('exchanges between two system calls', 'linux');

/** The two ways to hold an entry: the second one is for systems without `/proc/self/fd`. */
const ROOTS: Record<string, (path: string) => Root> = {
  'by descriptor': steppedRoot,
  'by path': (path) => ({ path, name: 'backups', hold: (io) => holdRootByPath(io, path) }),
};

/** What a step of an inspection learnt, as text in which nothing of the outside may stand. */
type Step = (
  root: Root,
  outside: ReadonlySet<bigint>,
  steps: { readonly quiet: Io; readonly io: Io },
) => string | Promise<string>;

const ARTIFACT = ['sub', 'deep', 'part.bin'];
const ARTIFACT_BYTES = INSIDE_BYTES.length;

const STEPS: Record<string, Step> = {
  'locate()'(root, outside, { io }) {
    const { handle, path } = locate(root, RUN_ID, io);
    handle.release();
    return `${path} ${sideOf(handle, outside)}`;
  },
  'readManifests()': (root, outside, steps) =>
    inRun(root, steps, async (run, io) => {
      const wanted = [[RUN_MANIFEST], participantManifest('trades')].map((names) => ({
        names,
        path: names.join('/'),
        mayAppear: false,
        stalled: null,
        count: () => undefined,
        interpret: (value: unknown) => ({ ok: true, value }) as const,
      }));
      const limits = { bytes: 10_000, depth: 64, tokens: 1_000, pauses: [1, 2] };
      const reads = await readManifests(run, wanted, limits, io);
      return reads
        .map((read) => {
          if (read.type === 'failed') throw read.fault;
          return read.type === 'record' ? `${said(read.value)} ${sideOf(read, outside)}` : read.type;
        })
        .join(' ');
    }),
  'lookAtFile()': (root, outside, steps) =>
    inRun(root, steps, (run) => {
      const seen = lookAtFile(run, ARTIFACT);
      if (seen.type !== 'regular') return seen.type;
      const [, inode = ''] = seen.identity.split(':');
      return outside.has(BigInt(inode)) ? OUTSIDE : 'inside';
    }),
  'beginRead()': (root, _, steps) =>
    inRun(root, steps, (run, io) => {
      const begun = beginRead(run, ARTIFACT, { size: ARTIFACT_BYTES, buffer: Buffer.alloc(4_096) }, io);
      if (begun.type !== 'reading') return begun.type;
      try {
        while (begun.step());
        return begun.end().digest;
      } finally {
        begun.release();
      }
    }),
};

/** Locates the run while nothing happens, and works on it while something may. */
async function inRun(
  root: Root,
  { io, quiet }: { readonly quiet: Io; readonly io: Io },
  work: (run: Handle, io: Io) => string | Promise<string>,
): Promise<string> {
  let isLocated = false;
  const both: Io = { ...io, before: () => (isLocated ? io.before() : quiet.before()) };
  const { handle } = locate(root, RUN_ID, both);
  isLocated = true;
  try {
    return await work(handle, both);
  } finally {
    isLocated = false;
    handle.release();
  }
}

function sideOf({ stats }: Pick<Handle, 'stats'>, outside: ReadonlySet<bigint>): string {
  return outside.has(stats.ino) ? OUTSIDE : 'inside';
}

/** What came of a step while `before` changed the disk; the only faults are those that an answer has words for. */
async function outcomeOf(
  step: Step,
  root: Root,
  { outside }: Staged,
  before: (call: number) => void,
): Promise<string> {
  try {
    return await step(root, outside, { quiet: steppedIo(), io: steppedIo({ before }) });
  } catch (fault) {
    if (fault instanceof Refusal) return fault.error.code;
    const errno = errnoOf(fault);
    if (errno === null) throw fault;
    return errno;
  }
}

/** Before which call the exchange is made, and before which one it is undone. */
function* schedules(calls: number): Generator<readonly [number, number]> {
  for (let there = 0; there < calls; there += 1) {
    for (let back = there + 1; back <= calls; back += 1) yield [there, back];
  }
}

type Case = readonly [string, Attack, Step, (path: string) => Root];

const CASES = Object.entries(ROOTS).flatMap(([kind, rootOf]) =>
  Object.entries(STEPS).flatMap(([name, step]) =>
    ATTACKS.map((attack): Case => [
      `${name}, ${kind}, while ${attack.name} is exchanged`,
      attack,
      step,
      rootOf,
    ]),
  ),
);

describe.skipIf(skip)('nothing from outside, whenever the exchange is made and undone, enters', () => {
  let interleavings = 0;
  afterAll(() =>
    tell(`${interleavings} interleavings of an exchange and its reverse with the calls of one step`),
  );

  it.each(CASES)('%s', async (_, attack, step, rootOf) => {
    const staged = stage(attack);
    const root = rootOf(staged.root);
    let calls = 0;
    await outcomeOf(step, root, staged, () => (calls += 1));
    expect(calls).toBeGreaterThan(2);
    for (const schedule of schedules(calls)) {
      let made = 0;
      interleavings += 1;
      const outcome = await outcomeOf(step, root, staged, (call) => {
        if (!schedule.includes(call)) return;
        exchange(...staged.paths);
        made += 1;
      });
      if (made === 1) exchange(...staged.paths);
      expect(outcome).not.toContain(OUTSIDE);
      expect(outcome).not.toContain(OUTSIDE_DIGEST);
    }
  });
});

const WHOLE = Object.entries(ROOTS).flatMap(([kind, rootOf]) =>
  ATTACKS.map((attack) => ({ name: `${attack.name}, ${kind}`, attack, rootOf })),
);

describe.skipIf(skip)(
  'getBackupRun() tells nothing of the outside, before whichever call is exchanged',
  () => {
    it.each(WHOLE)('$name', { timeout: 300_000 }, async ({ name, attack, rootOf }) => {
      const staged = stage(attack);
      const root = rootOf(staged.root);
      const outcomes = new Set<string>();
      let calls = 0;
      await inspectStepped(root, RUN_ID, { before: () => (calls += 1) });
      for (let at = 0; at < calls; at += 1) {
        const before = (call: number): void => {
          if (call === at) exchange(...staged.paths);
        };
        const answer = await inspectStepped(root, RUN_ID, { before });
        exchange(...staged.paths);
        expect(said(answer)).not.toMatch(new RegExp(`${OUTSIDE}|"integrity_ok":true`));
        outcomes.add(answer.ok ? answer.findings.map(({ code }) => code).join() : answer.error.code);
      }
      tell(`${calls} inspections, ${name} exchanged before each of their calls: ${outcomes.size} outcomes`);
      expect(outcomes.size).toBeGreaterThan(1);
    });
  },
);
