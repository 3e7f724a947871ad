import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/built.ts';
import type { ContentsInput, ContentsOutput } from '../support/children/contents.ts';
import { lacks, NODE_26 } from '../support/needs.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';
import { snapshot } from '../support/snapshot.ts';
import { concerns, isChanging, openedPath, parseTrace } from '../support/traced.ts';

const HERE = isBuiltin('node:sqlite');
const lacking =
  lacks('a trace of a database check', 'linux', 'strace', 'sqlite3') ||
  (!HERE && lacks('a database check', 'other versions of Node (npm ci --prefix test/nodes)'));

describe('sqlite()', () => {
  it.skipIf(lacking)(
    'changes nothing but in the directory for its copies, and opens no database but there',
    { timeout: 300_000 },
    async () => {
      const directory = join(temporaryDirectory(), 'tmp');
      const elsewhere = join(temporaryDirectory(), 'elsewhere');
      for (const path of [directory, elsewhere]) mkdirSync(path);
      const made = join(elsewhere, 'made.db');
      execFileSync('sqlite3', [
        '-batch',
        made,
        'PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1);',
      ]);
      const run = makeRun({ artifacts: { 'trades.db': readFileSync(made) } });
      const before = snapshot(run.root);
      const file = join(elsewhere, 'trace');
      const under = [
        'strace',
        '-f',
        '-qq',
        '-y',
        '-s',
        '4096',
        '-e',
        'signal=none',
        '-e',
        'trace=%file,%desc',
        '-o',
        file,
      ];
      const input: ContentsInput = {
        root: run.root,
        runId: RUN_ID,
        validator: 'sqlite',
        settings: { directory },
        options: {},
      };
      const { answer } = await runChild<ContentsOutput>('contents', input, {
        under,
        node: HERE ? process.execPath : NODE_26,
      });
      expect(answer.ok && [answer.findings, answer.coverage.complete]).toStrictEqual([[], true]);

      const calls = parseTrace(readFileSync(file, 'utf8'));
      const below = calls.filter((call) => concerns(call, run.root));
      expect(below.filter(isChanging).map(({ line }) => line)).toStrictEqual([]);
      expect(snapshot(run.root)).toStrictEqual(before);
      // The same eyes see what is changed where it may be.
      const changed = calls.filter(
        (call) => isChanging(call) && concerns(call, directory) && !concerns(call, run.root),
      );
      expect(changed.length).toBeGreaterThan(3);
      const logs = calls
        .flatMap((call) => openedPath(call) ?? [])
        .filter((path) => /-(?:wal|shm)$/.test(path));
      expect(logs.length).toBeGreaterThan(0);
      expect(logs.filter((path) => !path.startsWith(`${directory}/`))).toStrictEqual([]);
      expect(readdirSync(directory)).toStrictEqual([]);
      expect(existsSync(run.at('trades.db-wal'))).toBe(false);
    },
  );
});
