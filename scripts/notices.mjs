// Writes THIRD-PARTY-LICENSES.txt: the licence of every package of which something is in the build.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledPackages } from './bundled.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const HEAD = `The builds of backup-run-inspector hold parts of the packages below: the library in
dist/index.js and dist/index.cjs, the content validators in dist/validators.js and
dist/validators.cjs, the format in dist/format.cjs and dist/format/, the command line in
dist/cli.js, and what runs in threads in dist/programs/. These are their licences.
`;
const RULE = `\n${'-'.repeat(72)}\n\n`;

/** A title, and the text of its licence as it stands in the package. */
function noticeOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(at(`${directory}/package.json`), 'utf8'));
  const file = readdirSync(at(directory)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`Cannot ship ${name}: it has no licence`);
  const text = readFileSync(at(`${directory}/${file}`), 'utf8')
    .replaceAll('\r\n', '\n')
    .trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

const notices = (await bundledPackages()).map(noticeOf).toSorted();
writeFileSync(at('THIRD-PARTY-LICENSES.txt'), [HEAD, ...notices].join(RULE));
