// Prints a bill of materials in the form of CycloneDX: what is installed with the package, as npm tells it, and the packages of which
// something is in the build, which npm cannot know.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledPackages } from './bundled.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const BUNDLED = { name: 'backup-run-inspector:bundled', value: 'true' };

const told = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
  cwd: PROJECT,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
  shell: process.platform === 'win32',
});
const bill = JSON.parse(told);
// npm takes the name of the folder.
bill.metadata.component.name = JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8')).name;
const root = bill.metadata.component['bom-ref'];

for (const directory of await bundledPackages()) {
  const { name, version, license } = JSON.parse(readFileSync(`${PROJECT}/${directory}/package.json`, 'utf8'));
  const reference = `${name}@${version}`;
  const known = bill.components.find((component) => component['bom-ref'] === reference);
  if (known !== undefined) {
    known.properties = [...(known.properties ?? []), BUNDLED];
    continue;
  }
  bill.components.push({
    'bom-ref': reference,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    properties: [BUNDLED],
    licenses: [{ license: { id: license } }],
  });
  bill.dependencies.find(({ ref }) => ref === root).dependsOn.push(reference);
  bill.dependencies.push({ ref: reference, dependsOn: [] });
}
console.log(JSON.stringify(bill, null, 2));
