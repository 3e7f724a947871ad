import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadLinks, DOCUMENTS, leads, linksOf, PROJECT, textOf } from '../support/documents.ts';

/** What the package ships beside its build, and what npm takes by itself. */
const { files } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  files: readonly string[];
};
const SHIPPED = ['README.md', 'LICENSE', ...files];

function isShipped(path: string): boolean {
  return SHIPPED.some((shipped) => matchesGlob(path, shipped));
}

/** Of patterns, `folder/*.md` alone is in use. */
function matchesGlob(path: string, pattern: string): boolean {
  const [folder = '', ending] = pattern.split('*');
  if (ending === undefined) return path === pattern || path.startsWith(`${pattern}/`);
  return path.startsWith(folder) && path.endsWith(ending) && !path.slice(folder.length).includes('/');
}

describe.each(DOCUMENTS)('%s', (document) => {
  const links = linksOf(textOf(document));

  it('has no link that leads nowhere', () => {
    expect(deadLinks(PROJECT, document)).toEqual([]);
  });

  it('leads nowhere that the package does not ship', () => {
    if (!isShipped(document)) return;
    const paths = links.map((link) => leads(document, link).path);
    expect(paths.filter((path) => !isShipped(path))).toEqual([]);
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
