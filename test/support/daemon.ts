/** What a backup daemon does to one run comes out step by step: nothing on the disk changes but by one of these steps. */

import { mkdirSync, renameSync, rmSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactRecord, RUN_ID, runManifest, tradesRecord } from './runs.ts';

/** One change of the disk. */
export interface Step {
  readonly name: string;
  apply(root: string): void;
}

/** Where a daemon publishes a run, and the status it then writes. */
export const PUBLISHED = {
  completed: 'completed',
  failed: 'timeout',
  partial: 'partial',
  cancelled: 'cancelled',
  timeout: 'timeout',
} as const;

export type Published = keyof typeof PUBLISHED;

const RUNS_ON = { status: 'running', finished_at: 0 };

const RUNNING = join('.running', RUN_ID);

/** From nothing to a published run; whatever it writes tells of `content`, so that two lives can be told apart. */
export function life(content: string, published: Published = 'completed'): Step[] {
  const participants = ['trades', 'accounts'];
  const status = PUBLISHED[published];
  const failed = status === 'partial' ? 'accounts' : '';
  const manifest = (over: Record<string, unknown>): string => JSON.stringify(manifestOf(content, over));
  return [
    { name: 'mkdir', apply: (root) => mkdirSync(join(root, RUNNING)) },
    ...replace('manifest.json', manifest({ ...RUNS_ON, participants: [] })),
    { name: 'mkdir participants', apply: (root) => mkdirSync(join(root, RUNNING, 'participants')) },
    ...participants.flatMap((name, index) => [
      write(`${name}.db`, bytesOf(name, content).slice(0, 10)),
      write(`${name}.db`, bytesOf(name, content)),
      ...replace(`participants/${name}.json`, JSON.stringify(recordOf(name, content, failed))),
      ...replace('manifest.json', manifest({ ...RUNS_ON, participants: participants.slice(0, index + 1) })),
    ]),
    // A run is told by its manifest first and by a participant's record then: no mixture of these two is a state.
    ...replace('manifest.json', manifest({ ...RUNS_ON, participants, error_summary: `${content}, noted` })),
    ...replace('participants/trades.json', JSON.stringify(recordOf('trades', `${content}, noted`, failed))),
    ...replace('manifest.json', manifest({ status, participants })),
    {
      name: `publish as ${published}`,
      apply: (root) => renameSync(join(root, RUNNING), join(root, published, RUN_ID)),
    },
  ];
}

function manifestOf(content: string, over: Record<string, unknown>): Record<string, unknown> {
  return runManifest({ error_summary: content, ...over });
}

function recordOf(name: string, content: string, failed: string): Record<string, unknown> {
  const artifacts = [artifactRecord(`${name}.db`, bytesOf(name, content.replace(', noted', '')))];
  const outcome = name === failed ? { ok: false, status: 'failed', critical: false } : {};
  return tradesRecord({}, { name, error: content, artifacts, ...outcome });
}

function bytesOf(name: string, content: string): string {
  return `${name} of ${content}\n`.repeat(50);
}

function write(name: string, content: string): Step {
  return { name: `write ${name}`, apply: (root) => writeFileSync(join(root, RUNNING, name), content) };
}

function replace(name: string, content: string): Step[] {
  const temporary = `${name}.tmp`;
  const path = (root: string, file: string): string => join(root, RUNNING, file);
  return [
    write(temporary, content),
    { name: `replace ${name}`, apply: (root) => renameSync(path(root, temporary), path(root, name)) },
  ];
}

/** How a published run is deleted. */
export const DELETIONS = {
  /** The way that leaves nothing half there. */
  'renamed away': (published: Published): Step[] => [
    {
      name: 'rename away',
      apply: (root) => renameSync(join(root, published, RUN_ID), join(root, published, '.deleted')),
    },
    { name: 'delete', apply: (root) => rmSync(join(root, published, '.deleted'), { recursive: true }) },
  ],
  'manifest first': (published: Published): Step[] =>
    remove(published, ['manifest.json', ...PARTICIPANTS, 'trades.db', 'accounts.db']),
  'manifest last': (published: Published): Step[] =>
    remove(published, ['trades.db', 'accounts.db', ...PARTICIPANTS, 'manifest.json']),
  'participants first': (published: Published): Step[] =>
    remove(published, [...PARTICIPANTS, 'trades.db', 'manifest.json', 'accounts.db']),
} as const;

const PARTICIPANTS = ['participants/accounts.json', 'participants/trades.json', 'participants'];

/** As `rm -r` does it, which goes by the order of the directory. */
function remove(published: Published, names: readonly string[]): Step[] {
  return [...names, ''].map((name) => ({
    name: `remove ${name || 'the run directory'}`,
    apply: (root) => {
      const path = join(root, published, RUN_ID, name);
      if (name === '' || name === 'participants') rmdirSync(path);
      else unlinkSync(path);
    },
  }));
}

/** The status directories without a run. */
export function makeRoot(parent: string): string {
  const root = join(parent, 'backups');
  for (const name of ['.running', ...Object.keys(PUBLISHED)])
    mkdirSync(join(root, name), { recursive: true });
  return root;
}
