#!/usr/bin/env node
/** Runs the program in this process. No other file of the command line touches it. */

import { fstatSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { styleText } from 'node:util';
import { isNativeError } from 'node:util/types';
import { FAULT_EXIT_CODE, runProgram } from './program.ts';
import type { Channel, CliContext } from './context.ts';
import { UsageError } from './args/usage-error.ts';
import { complain } from './output/complain.ts';
import type { Stop } from './commands/interruption.ts';

/** Filled in when the program is built. */
declare const VERSION: string;

/** Milliseconds in which the process ends by itself unless storage that hangs keeps it, also on a machine that is busy. */
const PROMPT = 3_000;

const controller = new AbortController();

/** Columns of a terminal that does not know how many it has. */
const DEFAULT_COLUMNS = 80;

/** Why something could not be written, other than for want of a reader. */
const outputFaults: string[] = [];

// An empty one means nothing (https://no-color.org), which Node 20 does not know.
if (process.env['NO_COLOR'] === '') delete process.env['NO_COLOR'];

// It is stronger than those, which Node would warn of in the middle of the output.
if (process.env['FORCE_COLOR'] !== undefined) {
  delete process.env['NO_COLOR'];
  delete process.env['NODE_DISABLE_COLORS'];
}

/** Standard input, once somebody wanted it. */
let input: NodeJS.ReadStream | null = null;

function openInput(): NodeJS.ReadStream {
  // For Node that is an empty input.
  if (fstatSync(0).isDirectory()) {
    throw new UsageError('Cannot read run ids: standard input is a directory');
  }
  input = process.stdin;
  return input;
}

function requestStop(why: Stop): void {
  controller.abort(why);
  input?.destroy();
}

function channelOf(stream: NodeJS.WriteStream, onFault: (fault: NodeJS.ErrnoException) => void): Channel {
  stream.on('error', onFault);
  return {
    // A terminal that nobody gave a size says 0.
    columns: () => (stream.isTTY ? stream.columns || DEFAULT_COLUMNS : null),
    canRedraw: stream.isTTY && process.env['TERM'] !== 'dumb',
    print: (text) => new Promise((resolve) => stream.write(text, () => resolve())),
  };
}

/** A regular file may take less than it is given, when the disk is full or at a limit, and Node's own stream takes no notice. */
function fileChannel(fd: number, onFault: (fault: NodeJS.ErrnoException) => void): Channel {
  let isBroken = false;
  const write = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  };
  return {
    columns: () => null,
    canRedraw: false,
    print(text) {
      try {
        // Behind a gap nothing is written.
        if (!isBroken) write(Buffer.from(text));
      } catch (reason) {
        isBroken = true;
        onFault(isNativeError(reason) ? reason : new Error(String(reason)));
      }
      return Promise.resolve();
    },
  };
}

function onOutputFault({ code = 'unknown' }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') outputFaults.push(code);
  requestStop('SIGPIPE');
}

const context: CliContext = {
  args: process.argv.slice(2),
  environment: process.env,
  version: VERSION,
  out: fstatSync(1).isFile() ? fileChannel(1, onOutputFault) : channelOf(process.stdout, onOutputFault),
  err: channelOf(process.stderr, () => undefined),
  input: openInput,
  // Node's own rule of NO_COLOR, FORCE_COLOR and TERM.
  hasColours: styleText('bold', 'x', { stream: process.stdout }) !== 'x',
  signal: controller.signal,
  clock: () => performance.now(),
  now: () => Date.now(),
  every(milliseconds, call) {
    const timer = setInterval(call, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/**
 * Nothing stands in the way of the signal any more: it ends the process, and the shell sees by what. The first process of a
 * container dies of none that it does not handle; it ends with the code that a shell makes of the signal.
 */
function dieBy(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(128 + constants.signals[signal]);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) dieBy(signal);
    else requestStop(signal);
  });
}

/**
 * Everything is written, and nothing is to be done any more. What keeps the process now is storage that hangs: that cannot be
 * ended, and would keep even `process.exit()`.
 */
function endProcess(code: number): void {
  const why: unknown = controller.signal.reason;
  if (why === 'SIGINT' || why === 'SIGTERM') return dieBy(why);
  process.exitCode = code;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), PROMPT).unref();
}

const code = await runProgram(context);
const [outputFault] = outputFaults;
if (outputFault !== undefined) await complain(context, `Cannot write the output: ${outputFault}`);
endProcess(outputFault === undefined ? code : FAULT_EXIT_CODE);
