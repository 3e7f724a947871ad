import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoOf, isTransient } from '../../src/fs/errno.ts';

/** A fault as Node gives it for a system call. */
function fault(errno: number, code = `Unknown system error ${errno}`): Error {
  return Object.assign(new Error(code), { errno, code, syscall: 'read' });
}

describe('errnoOf() names', () => {
  it.each([
    'EACCES',
    'EAGAIN',
    'EINTR',
    'EIO',
    'ELOOP',
    'EMFILE',
    'ENAMETOOLONG',
    'ENOENT',
    'ENOTDIR',
    'EPERM',
  ])('%s as Node does', (name) => {
    const number = constants.errno[name as keyof typeof constants.errno];
    expect(errnoOf(fault(-number, name))).toBe(name);
  });

  it.runIf(process.platform === 'linux').each([
    [74, 'EBADMSG'],
    [116, 'ESTALE'],
    [117, 'EUCLEAN'],
    [121, 'EREMOTEIO'],
  ])('%i, which Node has no name for, %s', (number, name) => {
    expect(errnoOf(fault(-number))).toBe(name);
  });

  it('nothing that is no fault of a system call', () => {
    for (const thrown of [
      null,
      undefined,
      'EIO',
      { errno: -5 },
      new TypeError('no'),
      new DOMException('no'),
    ]) {
      expect(errnoOf(thrown)).toBeNull();
    }
  });
});

describe('isTransient() is true', () => {
  it('of what may succeed when it is made again, and of nothing else', () => {
    const names = ['EINTR', 'EAGAIN', 'EIO', 'EACCES', 'EMFILE', 'ENOENT'] as const;
    const transient = names.filter((name) => isTransient(fault(-constants.errno[name], name)));
    expect(transient).toEqual(['EINTR', 'EAGAIN']);
  });
});
