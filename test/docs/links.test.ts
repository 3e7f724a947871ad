import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, DOCUMENTS, linksOf, PROJECT, textOf } from '../support/documents.ts';

/** Documents that are about to be written. One that is there does not belong here. */
const PENDING: readonly string[] = ['docs/containers.md'];

/** What the package ships beside its build: where links of its own documents may lead. */
const SHIPPED = /^(?:docs|examples|schemas)(?:\/|$)|^[A-Z]+(?:\.md)?$/;

/** Where a link of a document leads: a path in the repository, and an anchor in it. */
function leads(document: string, link: string): { readonly path: string; readonly anchor: string } {
  const [relative = '', anchor = ''] = link.split('#');
  const path = relative === '' ? document : posix.join(posix.dirname(document), relative);
  return { path: path.replace(/\/$/, ''), anchor };
}

function isDead(document: string, link: string): boolean {
  const { path, anchor } = leads(document, link);
  if (!existsSync(join(PROJECT, path))) return !PENDING.includes(path);
  return anchor !== '' && !anchorsOf(readFileSync(join(PROJECT, path), 'utf8')).includes(anchor);
}

describe.each(DOCUMENTS)('%s', (document) => {
  const links = linksOf(textOf(document));

  it('has no link that leads nowhere', () => {
    expect(links.filter((link) => isDead(document, link))).toEqual([]);
  });

  it('leads nowhere that the package does not ship', () => {
    if (document !== 'README.md' && !document.startsWith('docs/')) return;
    const paths = links.map((link) => leads(document, link).path);
    expect(paths.filter((path) => !SHIPPED.test(path))).toEqual([]);
  });
});

it('the links of all documents together reach every document in docs/', () => {
  const reached = new Set<string>();
  const visit = (document: string): void => {
    if (reached.has(document) || !DOCUMENTS.includes(document)) return;
    reached.add(document);
    for (const link of linksOf(textOf(document))) visit(leads(document, link).path);
  };
  visit('README.md');
  for (const document of DOCUMENTS.filter((each) => each.startsWith('docs/design/'))) visit(document);
  expect(DOCUMENTS.filter((document) => document.startsWith('docs/') && !reached.has(document))).toEqual([]);
});

it('only what is not there yet is pending', () => {
  expect(PENDING.filter((path) => existsSync(join(PROJECT, path)))).toEqual([]);
});
