import { expect, it } from 'vitest';
import { pack, unpack, type Result } from '../../src/verify/hashing/parcel.ts';

const READ = {
  found: 'read',
  size: 5,
  bytesRead: 5,
  digest: 'd'.repeat(64),
  change: 'none',
  identity: '1:2:5:3:4',
  isSettled: true,
} as const satisfies Result;

const RESULTS: Record<string, Result> = {
  'a regular file': { found: 'regular', size: 4_096, identity: '1:2:4096:3:4' },
  'an empty one': { found: 'regular', size: 0, identity: '1:2:0:3:4' },
  'one whose size is no number': { found: 'regular', size: 2n ** 62n, identity: `1:2:${2n ** 62n}:3:4` },
  'what was read': READ,
  'what was touched a moment ago': { ...READ, isSettled: false },
  'what was empty': { ...READ, size: 0, bytesRead: 0, identity: '1:2:0:3:4' },
  'what changed': { ...READ, change: 'content' },
  'what was linked meanwhile': { ...READ, change: 'ctime', isSettled: false },
  'what has another size than was read': { ...READ, size: 7, bytesRead: 6 },
  'what is missing': { found: 'missing' },
  'a FIFO': { found: 'not regular', kind: 'FIFO' },
  'a fault': { found: 'fault', message: 'i/o', errno: 'EIO' },
};

it.each(Object.entries(RESULTS))('pack() brings %s between threads as it was', (_, result) => {
  expect(unpack(structuredClone(pack([result])))).toStrictEqual([result]);
});

it('pack() keeps results in their order, and none of nothing', () => {
  const all = Object.values(RESULTS);
  expect(unpack(structuredClone(pack(all)))).toStrictEqual(all);
  expect(unpack(structuredClone(pack([])))).toStrictEqual([]);
});
