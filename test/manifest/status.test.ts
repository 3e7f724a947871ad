import { describe, expect, it } from 'vitest';
import { judgeStatus } from '../../src/manifest/status.ts';
import type { RunStatus } from '../../src/model/run.ts';
import { LOOK_UP_ORDER, statusOf, type StatusDirectory } from '../../src/repository/layout.ts';

const STATUSES: readonly RunStatus[] = ['running', 'completed', 'failed', 'partial', 'cancelled', 'timeout'];

/** What a manifest may say in which directory. */
const ALLOWED: Readonly<Record<StatusDirectory, readonly RunStatus[]>> = {
  '.running': ['running'],
  running: ['running'],
  completed: ['completed', 'partial'],
  failed: ['failed', 'partial', 'cancelled', 'timeout'],
  partial: ['partial'],
  cancelled: ['cancelled'],
  timeout: ['timeout'],
};

const PAIRS = LOOK_UP_ORDER.flatMap((directory) =>
  STATUSES.map((recorded) => ({ directory, recorded, isAllowed: ALLOWED[directory].includes(recorded) })),
);

describe('judgeStatus() takes the recorded status', () => {
  it.each(PAIRS.filter(({ isAllowed }) => isAllowed))(
    '$recorded in $directory',
    ({ directory, recorded }) => {
      expect(judgeStatus(directory, recorded)).toEqual({ status: recorded, conflict: false });
    },
  );
});

describe('judgeStatus() calls it a conflict, and takes the one that is not completed, else the directory', () => {
  it.each(PAIRS.filter(({ isAllowed }) => !isAllowed))(
    '$recorded in $directory',
    ({ directory, recorded }) => {
      const status = directory === 'completed' ? recorded : statusOf(directory);
      expect(judgeStatus(directory, recorded)).toEqual({ status, conflict: true });
    },
  );
});

describe('judgeStatus() never answers completed', () => {
  it('unless directory and manifest both say so', () => {
    const completed = PAIRS.filter(
      (pair) => judgeStatus(pair.directory, pair.recorded).status === 'completed',
    );
    expect(completed).toEqual([{ directory: 'completed', recorded: 'completed', isAllowed: true }]);
  });
});
