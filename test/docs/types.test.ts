import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { blocksOf, DOCUMENTS, PROJECT, textOf } from '../support/documents.ts';
import { lacks } from '../support/needs.ts';

/** Where recipes find the frameworks they are for. */
const HOME = join(PROJECT, 'test/recipes');
const hasNoFrameworks = lacks('the types of recipes', 'frameworks of recipes (npm ci --prefix test/recipes)');

/** Examples in TypeScript, by the paths that they would have. */
const EXAMPLES: ReadonlyMap<string, string> = new Map(
  DOCUMENTS.filter((document) => document === 'README.md' || document.startsWith('docs/')).flatMap(
    (document) =>
      blocksOf(textOf(document))
        .filter(({ language, info }) => language === 'ts' && (info === '' || !hasNoFrameworks))
        .map(
          ({ code }, index) => [join(HOME, `${document.replaceAll('/', '-')}-${index}.ts`), code] as const,
        ),
  ),
);

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  typeRoots: [join(PROJECT, 'node_modules/@types')],
  paths: {
    'backup-run-inspector': [join(PROJECT, 'src/index.ts')],
    'backup-run-inspector/format': [join(PROJECT, 'src/format.ts')],
    'backup-run-inspector/validators': [join(PROJECT, 'src/validators/index.ts')],
  },
  allowImportingTsExtensions: true,
  experimentalDecorators: true,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
};

it('the examples of all documents have no error of types', { timeout: 300_000 }, () => {
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => EXAMPLES.has(path) || fileExists(path);
  host.readFile = (path) => EXAMPLES.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const code = EXAMPLES.get(path);
    return code === undefined ? getSourceFile(path, ...rest) : ts.createSourceFile(path, code, rest[0]);
  };
  const program = ts.createProgram([...EXAMPLES.keys()], OPTIONS, host);
  const faults = [...EXAMPLES.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) =>
        `${path.slice(HOME.length)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
  expect(EXAMPLES.size).toBeGreaterThanOrEqual(8);
  expect(faults).toEqual([]);
});
