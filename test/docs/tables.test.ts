import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, optionOf, SUBCOMMANDS } from '../../src/cli/args/options.ts';
import * as library from '../../src/index.ts';
import type { Coverage, Finding, InspectionLimits, InspectionOptions } from '../../src/index.ts';
import type { InspectorOptions, RunFilter } from '../../src/index.ts';
import { STATUS_DIRECTORIES } from '../../src/repository/layout.ts';
import * as validators from '../../src/validators/index.ts';
import { DOCUMENTS, PROJECT, rowsBelow, textOf } from '../support/documents.ts';
import { CASES, SPEC_ROOT } from '../support/fixtures.ts';
import { SPEC_RUN } from '../support/spec.ts';

const CODES = 'docs/findings-and-errors.md';

/** The keys of a type, of which none can be forgotten here. */
function keys<T>(all: Record<keyof T, true>): string[] {
  return Object.keys(all);
}

describe('every document', () => {
  it.each(DOCUMENTS)('%s has every section once', (document) => {
    // Of a changelog, every version has the same ones.
    if (document === 'CHANGELOG.md') return;
    const headings = textOf(document).match(/^#+ .*$/gm) ?? [];
    expect(headings).toEqual([...new Set(headings)]);
  });
});

describe(CODES, () => {
  const text = textOf(CODES);

  it('has a row for every code of the command handler and of restore points, with its httpCode', () => {
    for (const [code, httpCode] of [
      ['ACCESS_DENIED', 403],
      ['UNKNOWN_COMMAND', 404],
      ['BACKUP_RUN_NOT_RESTORABLE', 409],
      ['BUSY', 503],
    ] as const)
      expect(text).toMatch(new RegExp(`^\\| \`${code}\` +\\| ${httpCode} +\\|`, 'm'));
  });

  it('has a row for every code of every fixture, with its severity or httpCode', () => {
    for (const { name, answer } of CASES) {
      const rows = answer.ok
        ? answer.findings.map(({ code, severity }) => `${code} ${severity}`)
        : [`${answer.error.code} ${answer.error.httpCode}`];
      for (const row of rows) {
        const [code, second] = row.split(' ');
        expect(text, name).toMatch(new RegExp(`^\\| \`${code}\` +\\| [^|]*\\b${second}\\b[^|]* \\|`, 'm'));
      }
    }
  });

  it('says of every code what to do next', () => {
    const rows = text.match(/^\| `[A-Z_]+`.*$/gm) ?? [];
    const last = rows.map((row) => row.split('|').at(-2)?.trim() ?? '');
    expect(last.filter((next) => next.length < 15)).toEqual([]);
  });
});

describe('docs/cli.md', () => {
  const CLI = 'docs/cli.md';

  it('has a row for every exit code', () => {
    expect(rowsBelow(CLI, 'Exit codes')).toEqual(['0', '1', '2', '3', '4', '130']);
  });

  it('has a row for every option', () => {
    const named = rowsBelow(CLI, 'Options').map((cell) => /^--([a-z-]+)/.exec(cell)?.[1]);
    expect(named).toEqual(OPTION_NAMES);
  });

  it('says which subcommands an option goes with, and the name of its value', () => {
    for (const name of OPTION_NAMES) {
      const { of, value, short } = optionOf(name);
      const [, cell = '', subcommands = ''] =
        new RegExp(`^\\| (\`--${name}(?![a-z-])[^|]*?) +\\| +([^|]*?) +\\|`, 'm').exec(textOf(CLI)) ?? [];
      expect(subcommands, name).toBe(of.length === SUBCOMMANDS.length ? 'all' : of.join(', '));
      if (value !== null) expect(cell).toBe(`\`--${name} ${value}\``);
      if (short !== undefined) expect(cell).toBe(`\`--${name}\`, \`-${short}\``);
    }
  });
});

describe('docs/api.md', () => {
  const API = 'docs/api.md';
  const [participant] = SPEC_RUN.participants;

  it('has every field of a run in the order of the spec', () => {
    expect(rowsBelow(API, 'BackupRun')).toEqual(Object.keys(SPEC_RUN));
    expect(rowsBelow(API, 'Participant')).toEqual(Object.keys(participant!));
    expect(rowsBelow(API, 'Artifact')).toEqual(Object.keys(participant!.artifacts[0]!));
  });

  it('has every field of what accompanies a run', async () => {
    const answer = await library.getBackupRun({ run_id: SPEC_RUN.run_id }, { root: SPEC_ROOT });
    const coverage = answer.ok ? Object.keys(answer.coverage) : [];
    expect(rowsBelow(API, 'Coverage')).toEqual(coverage);
    const all = keys<Coverage>({
      level: true,
      artifacts: true,
      verified: true,
      bytes: true,
      bytesRead: true,
      fromMemo: true,
      complete: true,
      findingsTotal: true,
    });
    expect(coverage).toEqual(all);
    const finding = keys<Finding>({
      code: true,
      severity: true,
      message: true,
      participant: true,
      artifact: true,
      path: true,
      expected: true,
      actual: true,
    });
    expect(rowsBelow(API, 'Finding')).toEqual(finding);
  });

  it('has every option of an inspector, of a call and of a listing', () => {
    const limits = keys<InspectionLimits>({
      manifestBytes: true,
      manifestDepth: true,
      artifacts: true,
      participants: true,
      runBytes: true,
      findings: true,
    });
    const inspector = keys<Omit<InspectorOptions, 'limits'>>({
      root: true,
      threads: true,
      maxBytesPerSecond: true,
      memo: true,
      validators: true,
      stallTimeoutMs: true,
    });
    const call = keys<InspectionOptions>({ level: true, signal: true, timeBudgetMs: true, onProgress: true });
    const [ofInspector, ofCall] = textOf(API)
      .split(/^\| of a call/m)
      .map((part) =>
        part
          .split(/^## The memo/m)[0]!
          .split(/^## Options/m)
          .at(-1)!,
      )
      .map((part) => (part.match(/^\| `([A-Za-z.]+)`/gm) ?? []).map((row) => row.slice(3, -1)));
    expect(ofInspector).toEqual([...inspector, ...limits.map((name) => `limits.${name}`)]);
    expect(ofCall).toEqual(call);
    const filter = keys<RunFilter>({
      status: true,
      type: true,
      trigger: true,
      startedFrom: true,
      startedTo: true,
      limit: true,
      participants: true,
      sizes: true,
      signal: true,
    });
    expect(rowsBelow(API, 'Which runs are there\\?')).toEqual(filter);
  });

  it('has every function', () => {
    const inspector = library.createInspector({ root: SPEC_ROOT });
    const functions = Object.entries(library).filter(([, value]) => typeof value === 'function');
    const expected = [
      ...functions.map(([name]) => name),
      ...Object.keys(inspector).map((name) => `inspector.${name}`),
    ];
    const named = rowsBelow(API, 'Functions').map((cell) => cell.split('(')[0]);
    expect(named.toSorted()).toEqual(expected.toSorted());
  });
});

describe('docs/format.md', () => {
  const FORMAT = 'docs/format.md';
  const schema = (name: string): { properties: Record<string, { items?: object }> } =>
    JSON.parse(readFileSync(join(PROJECT, 'schemas', name), 'utf8')) as never;

  it('has every field of the schemas', () => {
    const run = schema('run-manifest.json');
    const participant = schema('participant-manifest.json');
    expect(rowsBelow(FORMAT, 'manifest.json').toSorted()).toEqual(Object.keys(run.properties).toSorted());
    const fields = rowsBelow(FORMAT, 'A participant record').toSorted();
    expect(fields).toEqual(Object.keys(participant.properties).toSorted());
    const text = JSON.stringify(participant);
    for (const field of rowsBelow(FORMAT, 'An artifact record')) expect(text).toContain(`"${field}":`);
    expect(rowsBelow(FORMAT, 'An artifact record')).toHaveLength(8);
  });

  it('has every status directory with the statuses that it may hold', () => {
    const rows = textOf(FORMAT).match(/^\| `\.?[a-z]+`.*$/gm) ?? [];
    const inTable = rows
      .map((row) => row.split('|').map((cell) => cell.match(/[.a-z]+/g) ?? []))
      .filter(([, first = []]) => first.every((name) => Object.hasOwn(STATUS_DIRECTORIES, name)))
      .flatMap(([, first = [], second = []]) => first.map((name) => [name, second]));
    expect(Object.fromEntries(inTable)).toEqual(STATUS_DIRECTORIES);
  });
});

describe('the other documents', () => {
  it('docs/validators.md has every validator', () => {
    const named = rowsBelow('docs/validators.md', 'What each proves').map((cell) => cell.replace('()', ''));
    expect(named.toSorted()).toEqual(Object.keys(validators).toSorted());
  });

  it('docs/commands.md has every command', async () => {
    const inspector = library.createInspector({ root: SPEC_ROOT });
    const handle = library.createCommandHandler(inspector);
    const reply = await handle({}, { role: 'SESSION_ADMIN' });
    const { description = '' } = { ...reply } as { description?: string };
    const [, commands = ''] = /expected (.*), found/.exec(description) ?? [];
    const named = rowsBelow('docs/commands.md', 'Commands').flatMap((cell) => cell.split(', also called '));
    expect(named).toEqual(commands.split(', '));
  });
});
