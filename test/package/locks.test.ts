import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The entry that a dependency of a package is resolved to: in its own folder or in one above it. */
function resolve(packages: Readonly<Record<string, Entry>>, from: string, name: string): Entry | undefined {
  const own = packages[`${from}/node_modules/${name}`.replace(/^\//, '')];
  if (own !== undefined || from === '') return own;
  return resolve(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}

describe.each(['', 'test/consumers/', 'test/nodes/'])('%spackage-lock.json', (folder) => {
  const path = fileURLToPath(new URL(`../../${folder}package-lock.json`, import.meta.url));
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Entry> };
  const entries = Object.entries(packages).filter(([at]) => at !== '');

  it('has an entry for every optional dependency, of every platform', () => {
    const missing = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => resolve(packages, at, name) === undefined)
        .map((name) => `${at}: ${name}`),
    );
    expect(missing, 'npm install drops what it cannot see, and npm ci then refuses the lock').toEqual([]);
  });

  it('names every package by version and digest, and no place it came from', () => {
    expect(entries.length).toBeGreaterThan(0);
    for (const [at, { version, resolved, integrity, link }] of entries) {
      expect({ version, resolved, integrity, link }, at).toEqual({
        version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
        resolved: undefined,
        integrity: expect.stringMatching(/^sha512-/) as unknown,
        link: undefined,
      });
    }
  });
});
