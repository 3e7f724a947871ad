// Holds the public surface against the reports in etc/, one for each entry of the package with types; `--write` renews them.
// The types for CommonJS are looked at, to which those for ESM lead.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const PROJECT = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');
const { name, exports } = JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8'));

const entries = Object.entries(exports).flatMap(([path, { require: { types } = {} }]) =>
  types === undefined ? [] : [{ types, report: path === '.' ? name : path.slice(2).replaceAll('/', '-') }],
);

for (const { types, report } of entries) {
  const configObject = {
    projectFolder: PROJECT,
    mainEntryPointFilePath: `${PROJECT}/${types}`,
    compiler: {
      overrideTsconfig: {
        extends: './tsconfig.json',
        include: [types],
        compilerOptions: { types: ['node'] },
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: report,
      reportFolder: `${PROJECT}/etc/`,
      reportTempFolder: `${PROJECT}/node_modules/.cache/api-report/`,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: 'lf',
    messages: {
      compilerMessageReporting: { default: { logLevel: 'warning' } },
      extractorMessageReporting: {
        default: { logLevel: 'warning' },
        // Everything here is public.
        'ae-missing-release-tag': { logLevel: 'none' },
        // Every export and every member of it has words for whoever hovers over it.
        'ae-undocumented': { logLevel: 'warning' },
        // Part of the report: it is to be seen in review, and may be meant.
        'ae-forgotten-export': { logLevel: 'none', addToApiReportFile: true },
      },
      tsdocMessageReporting: { default: { logLevel: 'warning' } },
    },
  };
  const options = {
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: `${PROJECT}/package.json`,
  };
  const { succeeded } = Extractor.invoke(ExtractorConfig.prepare(options), {
    localBuild: process.argv.includes('--write'),
    messageCallback: (message) => {
      if (message.messageId === 'console-preamble' || message.messageId === 'console-compiler-version-notice')
        message.handled = true;
    },
  });
  if (succeeded) continue;
  console.error(`${report}.api.md is not what dist/ has: npm run build && npm run api`);
  process.exitCode = 1;
}
