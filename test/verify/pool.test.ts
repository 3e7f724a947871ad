import { describe, expect, it, onTestFinished } from 'vitest';
import { createCanceller, type Canceller } from '../../src/cancellation.ts';
import { createDisk } from '../../src/store/disk.ts';
import { locate } from '../../src/store/resolve.ts';
import { createRoot } from '../../src/store/root.ts';
import type { FilesRequest, Hasher } from '../../src/verify/hashing/hasher.ts';
import { createInProcessHasher } from '../../src/verify/hashing/in-process.ts';
import { CONTROL } from '../../src/verify/hashing/protocol.ts';
import { createPool, type PoolOptions } from '../../src/verify/hashing/pool.ts';
import { createSchedule } from '../../src/verify/hashing/rate.ts';
import { THREAD_SOURCE } from '../../src/verify/hashing/thread-source.generated.ts';
import { makeRun, sha256 } from '../support/runs.ts';

const FILES = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`file-${index}.bin`, `content ${index}\n`]),
);
const DIGESTS = Object.values(FILES).map(sha256);
const POISON = 'file-100.bin';

interface Setting {
  readonly pool: Hasher;
  readonly asking: Omit<FilesRequest, 'files'>;
  readonly canceller: Canceller;
  /** Reasons of falling back. */
  readonly fallen: unknown[];
}

/** A pool, and a run of many small files. */
async function setUp(over: Partial<PoolOptions> = {}): Promise<Setting> {
  const { root, runId } = makeRun({ artifacts: FILES });
  const disk = createDisk({ stallTimeoutMs: 30_000 }).session();
  const run = await disk.perform(locate(createRoot(root), runId));
  const schedule = createSchedule();
  const fallen: unknown[] = [];
  const pool = createPool({
    threads: 2,
    stallTimeoutMs: 30_000,
    rate: null,
    schedule,
    source: THREAD_SOURCE,
    fallback: createInProcessHasher(null, schedule, disk),
    onFallback: (reason) => fallen.push(reason),
    ...over,
  });
  onTestFinished(async () => {
    await pool.close();
    await disk.end(run.pin.release());
  });
  const canceller = createCanceller();
  const asking = { run, cancellation: canceller, onBytes: () => undefined };
  return { pool, asking, canceller, fallen };
}

/** The digest of every file, or what else was found. */
async function readAll({ pool, asking }: Setting): Promise<string[]> {
  const files = Object.entries(FILES).map(([name, content]) => ({ names: [name], size: content.length }));
  const readings = await pool.read({ ...asking, files });
  return readings.map((reading) => (reading.found === 'read' ? reading.digest : reading.found));
}

/** The source of a thread that runs some code once it has taken up a job with a file of this name. */
function poisonedBy(name: string, code: string): string {
  return `
    const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
    parentPort.on('message', (job) => {
      if (!job.files.paths.split('\\0').includes('${name}')) return;
      Atomics.store(new Int32Array(workerData.control), ${CONTROL.job}, job.id);
      ${code}
    });
    ${THREAD_SOURCE}`;
}

const without = (name: string): string[] =>
  Object.keys(FILES).map((each, index) => (each === name ? 'crash' : (DIGESTS[index] ?? '')));

describe('read() of a pool gives the digest of every file', () => {
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
    const { pool, asking, fallen } = await setUp({ source: poisonedBy(POISON, 'process.exit(3);') });
    const read = async (name: string): Promise<string | undefined> => {
      const [reading] = await pool.read({ ...asking, files: [{ names: [name], size: 10 }] });
      return reading?.found;
    };
    for (let time = 0; time < 3; time += 1) {
      expect(await read(POISON)).toBe('crash');
      for (let good = 0; good < 200; good += 1) expect(await read('file-7.bin')).toBe('read');
    }
    expect(fallen).toStrictEqual([]);
  });

  it('goes on without, when hardly anything did', async () => {
    const { pool, asking, fallen } = await setUp({ source: poisonedBy(POISON, 'process.exit(3);') });
    const files = Array.from({ length: 5 }, () => ({ names: [POISON], size: 10 }));
    await Promise.all(files.map((file) => pool.read({ ...asking, files: [file] })));
    expect(fallen).toStrictEqual([new Error('the thread ended by itself')]);
  });
});

describe('look() of a pool', () => {
  it('sees kind and size of files in their order, and what is not there', async () => {
    const { pool, asking } = await setUp();
    const paths = [
      ['file-7.bin'],
      ['participants'],
      ['absent'],
      ['file-7.bin', 'below'],
      ['participants', 'trades.json'],
    ];
    const files = paths.map((names) => ({ names, size: 0 }));
    const looks = await pool.look({ ...asking, files });
    expect(looks.map((each) => ('size' in each ? Number(each.size) : each))).toStrictEqual([
      'content 7\n'.length,
      { found: 'not regular', kind: 'directory' },
      { found: 'missing' },
      { found: 'missing' },
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
