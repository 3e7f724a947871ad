import fc from 'fast-check';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/model/errors.ts';
import { createInspector, type Answer } from '../../../src/index.ts';
import { locate } from '../../../src/repository/locate-run.ts';
import type { Root } from '../../../src/fs/root.ts';
import { DELETIONS, life, makeRoot, PUBLISHED, type Published, type Step } from '../../support/daemon.ts';
import { lacks, tell } from '../../support/needs.ts';
import { RUN_ID, runManifest, temporaryDirectory } from '../../support/runs.ts';
import { inspectStepped, steppedIo, steppedRoot, type Before } from '../../support/stepped.ts';

const skip = lacks('interleavings with a daemon', 'linux');

const PLACES = Object.keys(PUBLISHED) as Published[];
const WAYS = Object.keys(DELETIONS) as (keyof typeof DELETIONS)[];

/** A root with some steps made. There are thousands: each is removed as soon as it was used. */
async function withRoot<T>(
  parent: string,
  steps: readonly Step[],
  use: (root: string) => Promise<T>,
): Promise<T> {
  const base = mkdtempSync(join(parent, 'at-'));
  try {
    const root = makeRoot(base);
    for (const step of steps) step.apply(root);
    return await use(root);
  } finally {
    rmSync(base, { recursive: true });
  }
}

/** An answer as one text; what it cost to find out is no part of a run's state. */
function told(answer: Answer): string {
  return JSON.stringify(answer, (key, value: unknown) => (key === 'bytesRead' ? undefined : value));
}

/** What is to be answered before and after each of the steps, when nothing moves. */
async function statesOf(steps: readonly Step[]): Promise<string[]> {
  const root = makeRoot(temporaryDirectory());
  const stepped = steppedRoot(root);
  const states = [told(await inspectStepped(stepped, RUN_ID))];
  for (const step of steps) {
    step.apply(root);
    states.push(told(await inspectStepped(stepped, RUN_ID)));
  }
  return states;
}

describe.skipIf(skip)(
  'locate() neither misses a run nor sees it twice, before whichever call it is moved',
  () => {
    const any = ['.running', ...PLACES].flatMap((from) => PLACES.map((to) => [from, to]));
    const twice = PLACES.flatMap((via) => PLACES.map((to) => ['.running', via, to]));
    const ways = [...any, ...twice].filter((way) => new Set(way).size === way.length);

    it.each(ways.map((way) => ({ name: way.join(' to '), way })))('from $name', ({ way }) => {
      const [from = '', ...rest] = way;
      const root = makeRoot(temporaryDirectory());
      const stepped = steppedRoot(root);
      mkdirSync(join(root, from, RUN_ID));
      let calls = 0;
      placeOf(stepped, () => (calls += 1));
      for (let first = 0; first < calls; first += 1) {
        // The second move may come when the whole of it is looked through once more.
        const last = rest.length === 1 ? first : 2 * calls;
        for (let second = first; second <= last; second += 1) {
          let at = from;
          const move = (to: string): void => {
            renameSync(join(root, at, RUN_ID), join(root, to, RUN_ID));
            at = to;
          };
          const place = placeOf(stepped, (call) => {
            if (call === first) move(rest[0]!);
            if (call === second && rest.length === 2) move(rest[1]!);
          });
          expect(way).toContain(place);
          if (at !== from) move(from);
        }
      }
    });

    function placeOf(root: Root, before: Before): string {
      try {
        const { directory, handle } = locate(root, RUN_ID, steppedIo({ before }));
        handle.release();
        return directory;
      } catch (thrown) {
        if (thrown instanceof Refusal) return thrown.error.code;
        throw thrown;
      }
    }
  },
);

/** Inspects once for each of the calls that an inspection makes, with these steps made before that call. */
async function beforeEachCall(
  past: readonly Step[],
  happening: readonly Step[],
  judge: (answer: Answer, call: number, root: string) => void,
): Promise<number> {
  const parent = temporaryDirectory();
  let at = 0;
  for (let calls = 1; at < calls; at += 1) {
    await withRoot(parent, past, async (root) => {
      const answer = await inspectStepped(steppedRoot(root), RUN_ID, {
        before: (call) => {
          if (call === at) for (const step of happening) step.apply(root);
          calls = Math.max(calls, call + 1);
        },
      });
      judge(answer, at, root);
    });
  }
  return at;
}

describe.skipIf(skip)(
  'getBackupRun() answers as before or after what happens meanwhile, when a daemon',
  () => {
    let interleavings = 0;
    afterAll(() =>
      tell(`${interleavings} interleavings of steps of a daemon with the calls of an inspection`),
    );

    const lives = PLACES.map((published) => ({
      name: `writes a run and publishes it as ${published}`,
      past: [] as Step[],
      steps: life('the first life', published),
    }));
    const deaths = WAYS.map((way) => ({
      name: `deletes a run, ${way}`,
      past: life('the first life'),
      steps: DELETIONS[way]('completed'),
    }));
    it.each([...lives.slice(0, 1), ...deaths])('$name', { timeout: 300_000 }, async ({ past, steps }) => {
      const states = (await statesOf([...past, ...steps])).slice(past.length);
      const starts = steps.flatMap(({ name }, from) => {
        // Four steps from there are two files that are replaced.
        const begins = name === 'write manifest.json.tmp';
        return begins ? [[from, 1] as const, [from, 4] as const] : [[from, 1] as const];
      });
      for (const [from, many] of starts) {
        const happening = steps.slice(from, from + many);
        const allowed = states.slice(from, from + many + 1);
        const names = happening.map(({ name }) => name).join(', ');
        interleavings += await beforeEachCall(
          [...past, ...steps.slice(0, from)],
          happening,
          (answer, call) => {
            expect(allowed, `${names} before call ${call}`).toContain(told(answer));
          },
        );
      }
    });

    it.each(lives.slice(0, 2))(
      '$name: as published if that happened before the last byte was read',
      async ({ steps }) => {
        const published = (await statesOf(steps)).at(-1);
        // The rename alone, and the rename with the last word of the manifest just before it.
        for (const publishing of [-1, -2]) {
          const past = steps.slice(0, publishing);
          const last = await withRoot(temporaryDirectory(), past, callOfLastByte);
          expect(last).toBeGreaterThan(50);
          interleavings += await beforeEachCall(past, steps.slice(publishing), (answer, call) => {
            if (call <= last) expect(told(answer), `published before call ${call}`).toBe(published);
          });
        }
      },
    );
  },
);

/** The number of the call by which an undisturbed inspection reads the last bytes of an artifact. */
async function callOfLastByte(root: string): Promise<number> {
  let last = 0;
  let now = 0;
  await inspectStepped(steppedRoot(root), RUN_ID, {
    before: (call) => (now = call),
    onBytes: () => (last = now),
  });
  return last;
}

/** Two runs of one name, one after the other. */
interface Story {
  readonly published: readonly [Published, Published];
  readonly deletion: keyof typeof DELETIONS;
}

const story = fc.record<Story>({
  published: fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...PLACES)),
  deletion: fc.constantFrom(...WAYS),
});

function stepsOf({ published: [first, second], deletion }: Story): Step[] {
  return [
    ...life('the first life', first),
    ...DELETIONS[deletion](first),
    ...life('the second life', second),
  ];
}

const known = new Map<string, Promise<string[]>>();

function statesOfStory(of: Story): Promise<string[]> {
  const key = JSON.stringify(of);
  const states = known.get(key) ?? statesOf(stepsOf(of));
  known.set(key, states);
  return states;
}

/**
 * A run whose files vanish one by one has moments that no single look can see: some files were looked at before, some
 * after. Then at least what is told to be missing has to be missing, and nothing else is told.
 */
function isTrueOfHalf(answer: Answer, root: string): boolean {
  if (!answer.ok) return false;
  const missing = answer.findings.filter(({ code }) => !ABOUT_MISSING_RECORDS.includes(code));
  return missing.every(
    ({ code, path = '' }) => code === 'ARTIFACT_MISSING' && !existsSync(join(root, '..', path)),
  );
}

const ABOUT_MISSING_RECORDS: readonly string[] = [
  'PARTICIPANT_MISSING',
  'ARTIFACT_UNLISTED',
  'RUN_INCONSISTENT',
];

describe.skipIf(skip)('getBackupRun() answers a state that existed meanwhile', () => {
  it.each(WAYS)('when a run is deleted by many steps at once, %s', { timeout: 300_000 }, async (way) => {
    const past = life('the first life');
    const script = DELETIONS[way]('completed');
    const states = (await statesOf([...past, ...script])).slice(past.length);
    let interleavings = 0;
    for (let many = 1; many <= script.length; many += 1) {
      const steps = script.slice(0, many);
      const isManifestGone = steps.some(({ name }) => name === 'remove manifest.json');
      interleavings += await beforeEachCall(past, steps, (answer, call, root) => {
        if (!isManifestGone && isTrueOfHalf(answer, root)) return;
        expect([states[0], states[many]], `${many} steps before call ${call}`).toContain(told(answer));
      });
    }
    tell(
      `${interleavings} interleavings of the first steps of a deletion, ${way}, with the calls of an inspection`,
    );
  });

  it('whatever number of steps a daemon makes before whichever calls', { timeout: 300_000 }, async () => {
    const parent = temporaryDirectory();
    let steps = 0;
    let runs = 0;
    const gap = fc.oneof(fc.constant(0), fc.nat({ max: 5 }), fc.nat({ max: 60 }));
    await fc.assert(
      fc.asyncProperty(
        story,
        fc.nat({ max: 55 }),
        fc.array(gap, { maxLength: 30 }),
        async (tale, past, gaps) => {
          const script = stepsOf(tale);
          const start = Math.min(past, script.length);
          const states = await statesOfStory(tale);
          await withRoot(parent, script.slice(0, start), async (root) => {
            let next = start;
            let wait = gaps[0] ?? Infinity;
            const answer = await inspectStepped(steppedRoot(root), RUN_ID, {
              before: () => {
                for (; wait === 0 && next < script.length; next += 1) {
                  script[next]!.apply(root);
                  wait = gaps[next + 1 - start] ?? Infinity;
                }
                wait -= 1;
              },
            });
            runs += 1;
            steps += next - start;
            if (!isTrueOfHalf(answer, root)) expect(states.slice(start, next + 1)).toContain(told(answer));
          });
        },
      ),
      { numRuns: 1_000 },
    );
    tell(`${runs} inspections, ${steps} steps of a daemon made between their calls`);
  });
});

describe.skipIf(skip)('getBackupRun() mixes no two revisions of a manifest', () => {
  it('that is rewritten in place, half before one call and half before the next one', async () => {
    const text = (letter: string): string =>
      JSON.stringify(runManifest({ status: 'running', finished_at: 0, error_summary: letter.repeat(500) }));
    const [before, after] = [text('a'), text('b')];
    const half = before.indexOf('aaaa') + 250;
    const root = makeRoot(temporaryDirectory());
    for (const step of life('the only life').slice(0, 3)) step.apply(root);
    const path = join(root, '.running', RUN_ID, 'manifest.json');
    let seconds = 1_000;
    // What is written here within one tick of the clock is told apart by its time all the same.
    const write = (content: string, at: number): void => {
      const fd = openSync(path, 'r+');
      writeSync(fd, content, at);
      closeSync(fd);
      utimesSync(path, (seconds += 1), seconds);
    };
    const seen = new Set<string>();
    for (let at = 0, calls = 1; at < calls; at += 1) {
      writeFileSync(path, before);
      const answer = await inspectStepped(steppedRoot(root), RUN_ID, {
        before: (call) => {
          if (call === at) write(after.slice(0, half), 0);
          if (call === at + 1) write(after.slice(half), half);
          calls = Math.max(calls, call + 1);
        },
      });
      const summary = answer.ok ? answer.run.error_summary : answer.error.code;
      expect(summary, `before call ${at}`).toMatch(/^(?:a{500}|b{500})$/);
      seen.add(summary);
    }
    expect(seen.size).toBe(2);
  });
});

/** Gives the event loop some turns. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe.skipIf(skip)('inspections that really run beside a daemon', () => {
  it('answer a state that existed meanwhile', { timeout: 300_000 }, async () => {
    const parent = temporaryDirectory();
    const seen = new Map<string, number>();
    let raced = 0;
    const pauses = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 30 }), fc.nat({ max: 200 }));
    await fc.assert(
      fc.asyncProperty(story, fc.array(pauses, { minLength: 70, maxLength: 70 }), (tale, waits) =>
        withRoot(parent, [], async (root) => {
          const states = await statesOfStory(tale);
          const script = stepsOf(tale);
          await using inspector = createInspector({ root });
          let made = 0;
          const daemon = async (): Promise<void> => {
            for (const [index, step] of script.entries()) {
              step.apply(root);
              made += 1;
              await turns(waits[index]!);
            }
          };
          const watcher = async (): Promise<void> => {
            while (made < script.length) {
              const start = made;
              const answer = await inspector.getBackupRun({ run_id: RUN_ID });
              const outcome = answer.ok ? answer.run.status : answer.error.code;
              seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
              if (made > start) raced += 1;
              if (!isTrueOfHalf(answer, root)) expect(states.slice(start, made + 1)).toContain(told(answer));
            }
          };
          await Promise.all([daemon(), watcher(), watcher(), watcher()]);
        }),
      ),
      { numRuns: 60 },
    );
    const outcomes = [...seen].map(([outcome, count]) => `${count} × ${outcome}`);
    tell(`${raced} inspections raced a daemon: ${outcomes.join(', ')}`);
    expect(raced).toBeGreaterThan(20);
    expect(seen.size).toBeGreaterThan(2);
  });

  it('never call the manifest of a running run invalid that is rewritten in place, in two writes', async () => {
    const root = makeRoot(temporaryDirectory());
    const steps = life('the only life');
    for (const step of steps.slice(0, -3)) step.apply(root);
    const path = join(root, '.running', RUN_ID, 'manifest.json');
    const texts = Array.from({ length: 7 }, (_, size) =>
      JSON.stringify(
        runManifest({ status: 'running', finished_at: 0, error_summary: 'x'.repeat(size * 100) }),
      ),
    );
    const summaries = texts.map((text) => (JSON.parse(text) as { error_summary: string }).error_summary);
    const stop = new AbortController();
    let tears = 0;
    /** Milliseconds that inspections took. */
    const lasted = [0];
    const writer = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const text = texts[tears % texts.length]!;
        const fd = openSync(path, 'w');
        writeSync(fd, text.slice(0, text.length / 2));
        await turns(tears % 8);
        writeSync(fd, text.slice(text.length / 2));
        closeSync(fd);
        tears += 1;
        // Longer than it takes to read the manifest, the participants, and the manifest again, also on a busy machine.
        const room = 2 * Math.min(...lasted.slice(-8));
        await new Promise((resolve) => setTimeout(resolve, room + 8 + (tears % 5)));
      }
    };
    const writing = writer();
    const inspector = createInspector({ root });
    let torn = 0;
    try {
      for (let done = 0; done < 300; done += 1) {
        const before = tears;
        const since = performance.now();
        const answer = await inspector.getBackupRun({ run_id: RUN_ID });
        lasted.push(performance.now() - since);
        if (!answer.ok) expect(answer.error).toBeNull();
        else expect(summaries).toContain(answer.run.error_summary);
        if (tears > before) torn += 1;
      }
    } finally {
      stop.abort();
      await Promise.all([writing, inspector.close()]);
    }
    tell(`300 inspections beside ${tears} rewrites in place, ${torn} of them raced one`);
    expect(torn).toBeGreaterThan(20);
  });
});
