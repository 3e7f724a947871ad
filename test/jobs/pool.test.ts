import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCanceller, type Canceller } from '../../src/concurrency/abort.ts';
import { createRoot } from '../../src/fs/root.ts';
import { createRateLimit } from '../../src/hashing/rate-limit.ts';
import { createDisk } from '../../src/jobs/create-disk.ts';
import type { Disk } from '../../src/jobs/disk.ts';
import { createInProcess } from '../../src/jobs/in-process.ts';
import { createPool, type PoolOptions } from '../../src/jobs/pool.ts';
import { CONTROL } from '../../src/jobs/protocol.ts';
import type { FilesRequest } from '../../src/jobs/read-batches.ts';
import { WORKER_SOURCE } from '../../src/jobs/worker-source.generated.ts';
import { locate } from '../../src/repository/locate-run.ts';
import { makeRun, sha256, temporaryDirectory } from '../support/runs.ts';
import { steppedIo } from '../support/stepped.ts';

const FILES = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`file-${index}.bin`, `content ${String(index).padStart(3)}\n`]),
);
const DIGESTS = Object.values(FILES).map(sha256);
const SIZE = 'content   7\n'.length;
const POISON = 'file-100.bin';

interface Setting {
  readonly disk: Disk;
  readonly asking: Omit<FilesRequest, 'files'>;
  readonly canceller: Canceller;
  /** Reasons of falling back. */
  readonly fallen: unknown[];
}

/** A disk with threads, and a run of many small files. */
async function setUp(over: Partial<PoolOptions> = {}): Promise<Setting> {
  const { root: path, runId } = makeRun({ artifacts: FILES });
  const root = createRoot(path);
  const { handle, directory, path: shown } = locate(root, runId, steppedIo());
  const { dev, ino, size, mtimeNs, ctimeNs } = handle.stats;
  const rateLimit = createRateLimit(null);
  const stallTimeoutMs = over.stallTimeoutMs ?? 30_000;
  const fallen: unknown[] = [];
  const pool = createPool({
    threads: 2,
    stallTimeoutMs,
    root: path,
    rateLimit,
    source: WORKER_SOURCE,
    inProcess: createInProcess(root, rateLimit),
    onFallback: (reason) => fallen.push(reason),
    ...over,
  });
  const disk = createDisk({ pool, rootName: root.name, stallTimeoutMs });
  onTestFinished(async () => {
    await disk.close();
    handle.release();
  });
  const canceller = createCanceller();
  const asking: Setting['asking'] = {
    run: { runId, directory, path: shown, fd: handle.fd, dev, ino, size, mtimeNs, ctimeNs },
    cancellation: canceller,
    taskClass: 'bulk',
    onBytes: () => undefined,
  };
  return { disk, asking, canceller, fallen };
}

/** The digest of every file, or what else was found. */
async function readAll({ disk, asking }: Setting): Promise<string[]> {
  const files = Object.keys(FILES).map((path) => ({ path, size: SIZE }));
  const reads = await disk.read({ ...asking, files });
  return reads.map((read) => (read.type === 'content' ? read.digest : read.type));
}

/** The source of a thread that runs some code once it has taken up a job with a file of this name. */
function poisonedBy(name: string, code: string, source = WORKER_SOURCE): string {
  return `
    {
      const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
      parentPort.on('message', (message) => {
        if (!message.job?.files?.paths.split('\\0').includes('${name}')) return;
        Atomics.store(new Int32Array(workerData.control), ${CONTROL.job}, message.id);
        ${code}
      });
    }
    ${source}`;
}

const without = (name: string): string[] =>
  Object.keys(FILES).map((each, index) => (each === name ? 'crashed' : (DIGESTS[index] ?? '')));

describe('read() of a disk gives the digest of every file', () => {
  it('and tells of every byte once', async () => {
    const setting = await setUp();
    const told = Object.keys(FILES).map(() => 0);
    const onBytes = (index: number, count: number): void => {
      told[index]! += count;
    };
    expect(await readAll({ ...setting, asking: { ...setting.asking, onBytes } })).toStrictEqual(DIGESTS);
    expect(told).toStrictEqual(Object.values(FILES).map((content) => content.length));
    expect(setting.fallen).toStrictEqual([]);
  });

  it('and gives up only on the one that two threads exited with', async () => {
    const setting = await setUp({ source: poisonedBy(POISON, 'process.exit(3);') });
    expect(await readAll(setting)).toStrictEqual(without(POISON));
    expect(setting.fallen).toStrictEqual([]);
  });

  it('and gives up only on the one that made two threads throw null', async () => {
    const setting = await setUp({
      source: poisonedBy(POISON, 'parentPort.postMessage = () => undefined; throw null;'),
    });
    expect(await readAll(setting)).toStrictEqual(without(POISON));
  });

  it('on this thread, and says so once, when no thread lives long enough for a job', async () => {
    const setting = await setUp({ source: 'throw new Error("no thread today")' });
    expect(await readAll(setting)).toStrictEqual(DIGESTS);
    expect(setting.fallen).toStrictEqual([new Error('no thread today')]);
  });
});

describe('a pool in which threads crash now and then', () => {
  it('goes on with threads, when much went well in between', async () => {
    const { disk, asking, fallen } = await setUp({ source: poisonedBy(POISON, 'process.exit(3);') });
    const read = async (name: string): Promise<string | undefined> => {
      const [reading] = await disk.read({ ...asking, files: [{ path: name, size: SIZE }] });
      return reading?.type;
    };
    for (let time = 0; time < 3; time += 1) {
      expect(await read(POISON)).toBe('crashed');
      for (let good = 0; good < 200; good += 1) expect(await read('file-7.bin')).toBe('content');
    }
    expect(fallen).toStrictEqual([]);
  });

  it('goes on without, when hardly anything did', async () => {
    const { disk, asking, fallen } = await setUp({ source: poisonedBy(POISON, 'process.exit(3);') });
    const files = Array.from({ length: 5 }, () => ({ path: POISON, size: SIZE }));
    await Promise.all(files.map((file) => disk.read({ ...asking, files: [file] })));
    expect(fallen).toStrictEqual([new Error('the thread ended by itself')]);
  });
});

describe('look() of a pool', () => {
  it('sees kind and size of files in their order, and what is not there', async () => {
    const { disk, asking } = await setUp();
    const paths = ['file-7.bin', 'participants', 'absent', 'file-7.bin/below', 'participants/trades.json'];
    const files = paths.map((path) => ({ path, size: 0 }));
    const looks = await disk.look({ ...asking, files });
    expect(looks.map((each) => ('size' in each ? Number(each.size) : each))).toStrictEqual([
      SIZE,
      { type: 'not-regular', kind: 'directory' },
      { type: 'missing' },
      { type: 'missing' },
      expect.any(Number),
    ]);
  });
});

describe('a cancellation', () => {
  it('rejects what waits and what is under way with its reason, and later requests too', async () => {
    const setting = await setUp();
    const reading = readAll(setting);
    setting.canceller.cancel('enough');
    await expect(reading).rejects.toBe('enough');
    await expect(readAll(setting)).rejects.toBe('enough');
  });

  it('of one request leaves another alone', async () => {
    const setting = await setUp();
    const other = { ...setting, asking: { ...setting.asking, cancellation: createCanceller() } };
    const [gone, stays] = [readAll(setting), readAll(other)];
    setting.canceller.cancel('enough');
    await expect(gone).rejects.toBe('enough');
    expect(await stays).toStrictEqual(DIGESTS);
  });
});

/** Code of a thread that waits until its job is to end, and so is not taken for one that hangs. */
const UNTIL_ABORTED = `
  const words = new Int32Array(workerData.control);
  const own = new Int32Array(new SharedArrayBuffer(4));
  while (Atomics.load(words, ${CONTROL.abort}) !== message.id)    Atomics.wait(own, 0, 0, 1);`;

/** Code of a thread that is stuck in a system call, as far as its counter of calls tells. */
const HANGING = `
  Atomics.add(new Int32Array(workerData.control), ${CONTROL.beat}, 1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;

/** The source of a thread that writes the paths of every job it is given on a line of a file. */
function noted(source: string, path: string): string {
  return `
    process.getBuiltinModule('node:worker_threads').parentPort.on('message', ({ job }) => {
      const line = job.files.paths.replaceAll('\\0', ' ');
      process.getBuiltinModule('node:fs').appendFileSync(${JSON.stringify(path)}, line + '\\n');
    });
    ${source}`;
}

describe('what nobody waits for any more is not given to another thread', () => {
  it.each([
    ['hangs', HANGING],
    ['exits', `${UNTIL_ABORTED} process.exit(3);`],
  ])('when the thread that was at it %s', async (_, code) => {
    const notes = join(temporaryDirectory(), 'notes');
    appendFileSync(notes, '');
    const source = noted(poisonedBy(POISON, code), notes);
    const { disk, asking, canceller, fallen } = await setUp({ threads: 1, stallTimeoutMs: 500, source });
    const files = [POISON, 'file-1.bin', 'file-2.bin'].map((name) => ({ path: name, size: SIZE }));
    const gone = expect(disk.read({ ...asking, files })).rejects.toBe('enough');
    await vi.waitUntil(() => readFileSync(notes, 'utf8') !== '', { timeout: 60_000 });
    canceller.cancel('enough');
    await gone;
    // There is one thread: this comes after whatever it gave back.
    const next = { ...asking, cancellation: createCanceller(), files: [{ path: 'file-7.bin', size: SIZE }] };
    expect(await disk.read(next)).toMatchObject([{ type: 'content', digest: DIGESTS[7] }]);
    expect(readFileSync(notes, 'utf8')).toBe(`${POISON} file-1.bin file-2.bin\nfile-7.bin\n`);
    expect(fallen).toStrictEqual([]);
  });
});

describe('a pool of eight of whose threads three are lost', () => {
  it('reads what is asked next in the turn of those that are left, when they are merely busy', async () => {
    const busy = 'file-50.bin';
    const source = poisonedBy(busy, UNTIL_ABORTED, poisonedBy(POISON, HANGING));
    const { disk, asking } = await setUp({ threads: 8, stallTimeoutMs: 500, source });
    const read = async (name: string, cancellation = createCanceller()): Promise<string | undefined> => {
      const [reading] = await disk.read({ ...asking, cancellation, files: [{ path: name, size: SIZE }] });
      return reading?.type;
    };
    const canceller = createCanceller();
    const held = expect(read(busy, canceller)).rejects.toBe('enough');
    const lost = await Promise.all([read(POISON), read(POISON), read(POISON)]);
    expect(lost).toStrictEqual(['stalled', 'stalled', 'stalled']);
    const next = Promise.all(['file-1.bin', 'file-2.bin', 'file-3.bin'].map((name) => read(name)));
    canceller.cancel('enough');
    await held;
    expect(await next).toStrictEqual(['content', 'content', 'content']);
  });
});
