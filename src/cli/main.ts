#!/usr/bin/env node
/** The process comes in, the program is run in it: nothing else of the command line touches it. */

import { styleText } from 'node:util';
import { FAULT, runProgram } from './program.ts';
import type { Channel, Surroundings } from './surroundings.ts';
import { complain, type Stop } from './work.ts';

/** Filled in when the program is built. */
declare const VERSION: string;

/** Milliseconds in which the process ends by itself unless storage that hangs keeps it, also on a machine that is busy. */
const PROMPT = 3_000;

const controller = new AbortController();

/** Why something could not be written, other than for want of a reader. */
const outputFaults: string[] = [];

// An empty one means nothing (https://no-color.org), which Node 20 does not know.
if (process.env['NO_COLOR'] === '') delete process.env['NO_COLOR'];

/** Standard input, once somebody wanted it. */
let input: NodeJS.ReadStream | null = null;

function openInput(): NodeJS.ReadStream {
  input = process.stdin;
  return input;
}

function stop(why: Stop): void {
  controller.abort(why);
  input?.destroy();
}

function channelOf(stream: NodeJS.WriteStream, onFault: (fault: NodeJS.ErrnoException) => void): Channel {
  stream.on('error', onFault);
  return {
    columns: () => (stream.isTTY ? stream.columns : null),
    canRedraw: stream.isTTY && process.env['TERM'] !== 'dumb',
    say: (text) => new Promise((resolve) => stream.write(text, () => resolve())),
  };
}

function onOutputFault({ code = 'unknown' }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') outputFaults.push(code);
  stop('SIGPIPE');
}

const surroundings: Surroundings = {
  args: process.argv.slice(2),
  environment: process.env,
  version: VERSION,
  out: channelOf(process.stdout, onOutputFault),
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

/** Nothing stands in the way of the signal any more: it ends the process, and the shell sees by what. */
function dieBy(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) dieBy(signal);
    else stop(signal);
  });
}

/**
 * Everything is written, and nothing is to be done any more. What keeps the process now is storage that hangs: that cannot be
 * ended, and would keep even `process.exit()`.
 */
function end(code: number): void {
  const why: unknown = controller.signal.reason;
  if (why === 'SIGINT' || why === 'SIGTERM') return dieBy(why);
  process.exitCode = code;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), PROMPT).unref();
}

const code = await runProgram(surroundings);
const [outputFault] = outputFaults;
if (outputFault !== undefined) await complain(surroundings, `Cannot write the output: ${outputFault}`);
end(outputFault === undefined ? code : FAULT);
