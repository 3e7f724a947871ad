// Takes the changesets: raises the version of the package as they ask for, removes them, and dates what CHANGELOG.md calls unreleased.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const CHANGELOG = `${PROJECT}/CHANGELOG.md`;
const UNRELEASED = '## [Unreleased]\n';

const versionOf = () => JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8')).version;
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: PROJECT, stdio: 'inherit', shell: process.platform === 'win32' });

const before = versionOf();
run('npm', 'run', '--silent', 'changeset', '--', 'version');
const version = versionOf();
if (version === before)
  throw new Error('Cannot raise the version: there is no changeset (npm run changeset)');
// The lock names the version too.
run('npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund');
const changelog = readFileSync(CHANGELOG, 'utf8');
if (!changelog.includes(UNRELEASED))
  throw new Error('Cannot date the changelog: it has no section "Unreleased"');
const dated = `${UNRELEASED}\n## [${version}] - ${new Date().toISOString().slice(0, 10)}\n`;
writeFileSync(CHANGELOG, changelog.replace(UNRELEASED, dated));
console.log(`${before} -> ${version}: review, commit, and tag it v${version}`);
