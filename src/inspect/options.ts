/** Checks and completes the options of callers, whose own mistake a bad one is. */

import { availableParallelism } from 'node:os';
import { constrainedMemory } from 'node:process';
import * as v from 'valibot';
import { LONGEST_TIMER, MOST_THREADS, type InspectionLimits } from '../model/limits.ts';
import { LEVELS, type Level } from '../model/run.ts';
import { quote } from '../model/printable.ts';
import { resolvePath } from '../fs/resolve-path.ts';
import { checked, exactly, natural } from '../model/check-options.ts';
import type { Validator } from '../content/validator.ts';
import type { Memo } from '../verify/memo.ts';
import type { Progress } from '../verify/progress.ts';

/** What an inspector is made with. */
export interface InspectorOptions {
  /**
   * The backups directory. A relative path is taken from the working directory of this moment; where that has been deleted it is
   * refused, as an option of a wrong type is. An absolute one needs no working directory.
   */
  root: string;
  /**
   * Threads that hash at once, each of some 9.5 MB; one less than there are processors, at least one and at most eight, and at
   * most one for every 64 MiB that a container may have. A few more are started for work that waits. 0 does everything on the calling
   * thread, which storage that hangs then holds.
   */
  threads?: number | undefined;
  /** Bytes a second that all calls together may read of artifacts; no limit. */
  maxBytesPerSecond?: number | undefined;
  /** Remembers digests, so that files that did not change are not read again; made by `createMemo()`. */
  memo?: Memo | undefined;
  /** Milliseconds without an answer of the storage after which a file counts as stalled; 30,000. */
  stallTimeoutMs?: number | undefined;
  /** Check the content of artifacts whose integrity was verified; none. Their names differ. */
  validators?: readonly Validator[] | undefined;
  /** What a run may have at most. */
  limits?: { [Limit in keyof InspectionLimits]?: InspectionLimits[Limit] | undefined } | undefined;
}

/** How one inspection is done. */
export interface InspectionOptions {
  /** How far to check; `digest`. */
  level?: Level | undefined;
  /** Aborts the inspection: its promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds for the whole call; the answer holds what was verified by then, critical participants first, small artifacts
   * first within them. `BUSY` when not even all manifests were read by then. No limit.
   */
  timeBudgetMs?: number | undefined;
  /** Takes how far the inspection is, at most 10 times a second and once at the end. If it throws, or returns a
   * promise that rejects while the call lasts, the call rejects. It is not waited for. */
  onProgress?: ((progress: Progress) => unknown) | undefined;
}

/** The options of an inspector, complete. */
export interface InspectorSettings {
  /** Absolute path of the backups directory. */
  readonly root: string;
  readonly threads: number;
  /** Null without a limit. */
  readonly maxBytesPerSecond: number | null;
  readonly memo: Memo | null;
  readonly stallTimeoutMs: number;
  readonly validators: readonly Validator[];
  readonly limits: InspectionLimits;
}

/** The options of an inspection, complete. */
export interface InspectionSettings {
  readonly level: Level;
  readonly signal: AbortSignal | undefined;
  readonly timeBudgetMs: number | undefined;
  readonly onProgress: ((progress: Progress) => unknown) | undefined;
}

const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const MIB = 1_024 * 1_024;

/** Far below what a string of JavaScript can hold. */
const MOST_MANIFEST_BYTES = 256 * MIB;

const MOST_THREADS_BY_DEFAULT = 8;

/**
 * Bytes of a container's memory for each thread by default. One costs some 9.5 MB, up to five more than hash are started for work that
 * waits, and Node itself takes some 45 MB.
 */
const MEMORY_OF_A_THREAD = 64 * MIB;

/** Bytes; zero, or more than any machine has, without a limit. */
function memoryOfContainer(): number {
  try {
    return constrainedMemory();
  } catch {
    // Deno may not let it be asked; then it bounds nothing.
    return 0;
  }
}

/** Threads that hash at once: one less than there are processors, and of a container only as many as its memory is enough for. */
export function defaultThreads(processors: number, memory: number): number {
  const affordable = memory > 0 ? Math.floor(memory / MEMORY_OF_A_THREAD) : MOST_THREADS_BY_DEFAULT;
  return Math.max(1, Math.min(MOST_THREADS_BY_DEFAULT, processors - 1, affordable));
}

const inspectorEntries = {
  root: v.pipe(v.string(), v.nonEmpty(), v.excludes('\0')),
  threads: v.optional(v.pipe(natural, v.maxValue(MOST_THREADS)), () =>
    defaultThreads(availableParallelism(), memoryOfContainer()),
  ),
  maxBytesPerSecond: v.optional(v.nullable(v.pipe(v.number(), v.finite(), v.minValue(1))), null),
  memo: v.optional(v.nullable(v.custom<Memo>(isMemo, 'expected a memo of createMemo()')), null),
  stallTimeoutMs: v.optional(v.pipe(positive, v.maxValue(LONGEST_TIMER)), 30_000),
  validators: v.optional(
    v.pipe(
      v.array(v.custom<Validator>(isValidator, 'expected a validator: { name, applies, validate }')),
      v.check((validators) => haveNames(validators), 'expected validators of different names'),
    ),
    [],
  ),
  limits: v.optional(
    v.pipe(
      exactly({
        manifestBytes: v.optional(v.pipe(positive, v.maxValue(MOST_MANIFEST_BYTES)), 16 * MIB),
        manifestDepth: v.optional(positive, 64),
        artifacts: v.optional(natural, 100_000),
        participants: v.optional(natural, 10_000),
        findings: v.optional(natural, 1_000),
        runBytes: v.optional(positive),
      }),
      v.transform(({ runBytes, ...limits }): InspectionLimits => ({
        ...limits,
        runBytes: runBytes ?? Math.max(64 * MIB, limits.manifestBytes),
      })),
      v.check(
        ({ runBytes, manifestBytes }) => runBytes >= manifestBytes,
        'expected runBytes to be at least manifestBytes',
      ),
    ),
    {},
  ),
};

export const abortSignal = v.custom<AbortSignal>(isAbortSignal, 'expected an AbortSignal');

/** Milliseconds that a timer can wait. */
export const budget = v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_TIMER));

const inspectionEntries = {
  level: v.optional(v.picklist(LEVELS), 'digest'),
  signal: v.optional(abortSignal),
  timeBudgetMs: v.optional(budget),
  onProgress: v.optional(v.custom<(progress: Progress) => unknown>(isFunction, 'expected a function')),
};

const inspectorSchema = exactly(inspectorEntries);
const inspectionSchema = exactly(inspectionEntries);
const bothSchema = exactly({ ...inspectorEntries, ...inspectionEntries });

/** Completes the options of an inspector; throws a `TypeError` for bad ones. */
export function inspectorSettings(options: unknown): InspectorSettings {
  return inAbsolute(checked(inspectorSchema, options, 'create an inspector'));
}

/** Completes the options of an inspection; throws a `TypeError` for bad ones. */
export function inspectionSettings(options: unknown): InspectionSettings {
  return callOf(checked(inspectionSchema, options, 'inspect a run'));
}

/** Completes the options of an inspector and of its one inspection; throws a `TypeError` for bad ones. */
export function bothSettings(options: unknown): {
  readonly settings: InspectorSettings;
  readonly call: InspectionSettings;
} {
  const both = checked(bothSchema, options, 'inspect a run');
  return { settings: inAbsolute(both), call: callOf(both) };
}

/** Relative paths are taken from the working directory of this moment. */
function inAbsolute(settings: InspectorSettings): InspectorSettings {
  const root = resolvePath(settings.root);
  if (root !== null) return { ...settings, root };
  throw new TypeError(
    `Cannot create an inspector: root ${quote(settings.root)} is relative, and the working directory of this process is gone`,
  );
}

function callOf({
  level,
  signal,
  timeBudgetMs,
  onProgress,
}: v.InferOutput<typeof inspectionSchema>): InspectionSettings {
  return { level, signal, timeBudgetMs, onProgress };
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Two builds of this library in one process have no common class either. */
function isMemo(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'recall' in value &&
    isFunction(value.recall) &&
    'remember' in value &&
    isFunction(value.remember)
  );
}

function isValidator(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    value.name !== '' &&
    'applies' in value &&
    isFunction(value.applies) &&
    'validate' in value &&
    isFunction(value.validate)
  );
}

function haveNames(validators: readonly Validator[]): boolean {
  return new Set(validators.map(({ name }) => name)).size === validators.length;
}

/** Signals of another realm, or of a polyfill, have no common class. */
function isAbortSignal(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    isFunction(value.addEventListener) &&
    'removeEventListener' in value &&
    isFunction(value.removeEventListener)
  );
}
