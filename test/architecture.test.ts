import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SOURCES } from './support/sources.ts';

describe('the modules of src', () => {
  it('declare every top-level name once', () => {
    const files = new Map<string, string[]>();
    for (const { name, declared } of SOURCES)
      for (const each of declared) files.set(each, [...(files.get(each) ?? []), name]);
    expect(files.size).toBeGreaterThan(0);
    expect([...files].filter(([, names]) => names.length > 1)).toEqual([]);
  });

  it('stand in the rooms of the code map, or are named beside it', () => {
    const contributing = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
    const map = contributing.split('\n## ').find((part) => part.startsWith('The code map')) ?? '';
    const rooms = [...map.matchAll(/^\| `(\w+)\/` /gm)].map(([, room]) => room);
    const places = [...new Set(SOURCES.map(({ name }) => name.split('/')[0] ?? ''))];
    const [inside, beside] = [true, false].map((is) =>
      places.filter((place) => SOURCES.some(({ name }) => name.startsWith(`${place}/`)) === is),
    );
    expect(new Set(inside)).toEqual(new Set(rooms));
    for (const file of beside ?? []) expect(map).toContain(`\`${file}.ts\``);
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

  it('ask for instances of classes of their own alone: a test runner gives errors, and all else, of another realm', () => {
    const own = new Set(SOURCES.flatMap(({ declared }) => declared));
    const asked = SOURCES.flatMap(({ name, classes }) => [...classes].map((each) => ({ name, each })));
    expect(asked.length).toBeGreaterThan(0);
    // A thread of our own has one realm, and its port is no MessagePort in Deno.
    const foreign = asked.filter(({ each }) => !own.has(each)).map(({ name, each }) => `${name}: ${each}`);
    expect(foreign).toEqual(['jobs/worker: MessagePort']);
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
        // The one clock that all threads share, and how much memory there is for them.
        .filter(({ names }) => !['hrtime', 'constrainedMemory'].includes(names.join()))
        .filter(({ from }) => /^(?:node:)?(?:process|console)$/.test(from))
        .filter(({ from }) => from !== 'node:process' || !about.includes(name))
        .map(() => name),
    ]);
    expect(found).toEqual([]);
  });
});
