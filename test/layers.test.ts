import { describe, expect, it } from 'vitest';
import { SOURCES, type Source } from './support/sources.ts';

/** From the bottom up; a name that ends in `/` is a folder. Files of one layer may import each other, without a cycle. */
const LAYERS = [
  ['concurrency/', 'model/'],
  ['diagnostics'],
  ['fs/'],
  ['repository/'],
  ['manifest/'],
  ['hashing/'],
  ['jobs/'],
  ['verify/'],
  ['content/'],
  ['validators/'],
  ['inspect/'],
  ['listing/'],
  ['inspector'],
  ['command/'],
  ['index'],
  ['cli/'],
];

function layerOf(name: string): number {
  return LAYERS.findIndex((layer) =>
    layer.some((is) => (is.endsWith('/') ? name.startsWith(is) : name === is)),
  );
}

function modulesBelow(source: Source): string[] {
  const names = SOURCES.map(({ name }) => name);
  return source.imports.map(({ from }) => from).filter((from) => names.includes(from));
}

/** The modules from one to itself by its imports, or null. */
function cycleFrom(start: string, at = start, seen = new Set<string>()): string[] | null {
  const source = SOURCES.find(({ name }) => name === at);
  for (const next of source === undefined ? [] : modulesBelow(source)) {
    if (next === start) return [at, next];
    if (seen.has(next)) continue;
    const rest = cycleFrom(start, next, seen.add(next));
    if (rest !== null) return [at, ...rest];
  }
  return null;
}

describe('the modules of src', () => {
  it.each(SOURCES)('$name has a layer and imports none above it', (source) => {
    expect(layerOf(source.name), 'a new file needs a layer').not.toBe(-1);
    const above = modulesBelow(source).filter((from) => layerOf(from) > layerOf(source.name));
    expect(above).toEqual([]);
  });

  it.each(SOURCES)('$name is in no cycle', ({ name }) => {
    expect(cycleFrom(name)).toBeNull();
  });

  it('import index from nowhere but the command line', () => {
    const importers = SOURCES.filter((source) => modulesBelow(source).includes('index'));
    expect(importers.map(({ name }) => name).filter((name) => !name.startsWith('cli/'))).toEqual([]);
  });

  it('take calls of node:fs from fs/calls, for private copies and for standard output, elsewhere types and constants', () => {
    const doors = ['fs/calls', 'validators/sqlite/private-copy', 'cli/main'];
    const importers = SOURCES.filter(({ name }) => !doors.includes(name)).flatMap(({ name, imports }) =>
      imports
        .filter(({ from, isTypeOnly }) => /^(?:node:)?fs(?:\/promises)?$/.test(from) && !isTypeOnly)
        .map(({ names }) => [name, ...names].join(' ')),
    );
    expect(importers.filter((each) => !/^fs\/\S+ constants$/.test(each))).toEqual([]);
  });

  it('are guests: no process, no console, no global object, but for the one file of the command line', () => {
    const guests = SOURCES.filter(({ name }) => name !== 'cli/main');
    // Two run in a process of their own, which checks databases; the third asks whether this is Node.js, which may start one.
    const about = ['sqlite/private-copy', 'sqlite/watchdog', 'sqlite/node-program'].map(
      (name) => `validators/${name}`,
    );
    const rude = ['process', 'console', 'globalThis', 'global'];
    const found = guests.flatMap(({ name, identifiers, imports }) => [
      ...rude.filter((word) => identifiers.has(word)).map((word) => `${name}: ${word}`),
      ...imports
        // The one clock that all threads share.
        .filter(({ names }) => names.join() !== 'hrtime')
        .filter(({ from }) => /^(?:node:)?(?:process|console)$/.test(from))
        .filter(({ from }) => from !== 'node:process' || !about.includes(name))
        .map(() => name),
    ]);
    expect(found).toEqual([]);
  });
});
