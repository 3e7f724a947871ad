import { describe, expect, it } from 'vitest';
import { artifactNames, isRunId } from '../../src/repository/layout.ts';
import { RUN_ID } from '../support/runs.ts';

describe('artifactNames()', () => {
  it.each([
    ['./trades.db', 'trades.db'],
    ['a//b', 'a/b'],
    ['a/./b/', 'a/b'],
    [`backups/.running/${RUN_ID}/./a`, 'a'],
    [`/srv/x/backups/completed/${RUN_ID}/a//b`, 'a/b'],
  ])('drops empty segments and dots of %j', (recorded, names) => {
    expect(artifactNames(recorded, RUN_ID)?.join('/')).toBe(names);
  });

  it.each(['', '.', './', '//', '/a', `completed/${RUN_ID}//a`, 'a/../b', './..', '~/a', 'C:/a'])(
    'refuses %j',
    (recorded) => {
      expect(artifactNames(recorded, RUN_ID)).toBeNull();
    },
  );
});

describe('isRunId()', () => {
  it.each(['20260629T12:10:45+02:00', 'a+b', 'lost+foundling'])('takes %j', (text) => {
    expect(isRunId(text)).toBe(process.platform !== 'win32' || !text.includes(':'));
  });

  it.each(['lost+found', '+a', ':a', 'a..b', 'a.', 'a b', '', '.a', 'con'])('refuses %j', (text) => {
    expect(isRunId(text)).toBe(false);
  });
});
