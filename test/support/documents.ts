/** The Markdown files of the repository, and what stands in them: blocks of code, links, headings, rows of tables. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Folders with documents of the project, beside those that stand at its top. */
const FOLDERS = ['docs', 'examples', '.github', '.changeset'].filter((folder) =>
  existsSync(join(PROJECT, folder)),
);

/** All documents, by their paths in the repository. */
export const DOCUMENTS: readonly string[] = [
  ...readdirSync(PROJECT),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      posix.join(folder, name.replaceAll('\\', '/')),
    ),
  ),
]
  .filter((name) => name.endsWith('.md'))
  .toSorted();

export function textOf(document: string): string {
  return readFileSync(join(PROJECT, document), 'utf8');
}

/** A fenced block of code. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: a file's name, `output`, `not-run`. */
  readonly info: string;
  readonly code: string;
  /** The whole of it, fences and all, as it stands in the document. */
  readonly whole: string;
}

const FENCED = /^```([a-z]*)(?: ([^\n]*))?\n([^]*?)^```$/gm;

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCED)].map(([whole, language = '', info = '', code = '']) => ({
    language,
    info,
    code,
    whole,
  }));
}

/** Where the links of a document lead, without those to other sites. */
export function linksOf(text: string): string[] {
  const prose = text.replaceAll(FENCED, '').replaceAll(/`[^`\n]*`/g, '``');
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g), ...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return targets
    .map(([, target = '']) => decodeURI(target))
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Where a link of a document leads: a path in the repository, and an anchor in it. */
export function leads(
  document: string,
  link: string,
): { readonly path: string; readonly anchor: string | undefined } {
  const [relative = '', anchor] = link.split('#');
  const path = relative === '' ? document : posix.join(posix.dirname(document), relative);
  return { path: path.replace(/\/$/, ''), anchor };
}

/** The links of a document, in a folder that holds it and what it speaks of, that lead nowhere. */
export function deadLinks(folder: string, document: string): string[] {
  const links = linksOf(readFileSync(join(folder, document), 'utf8'));
  return links.filter((link) => {
    const { path, anchor } = leads(document, link);
    if (!existsSync(join(folder, path))) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(join(folder, path), 'utf8')).includes(anchor);
  });
}

/** The anchors of a document's headings, as GitHub names them. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(FENCED, '').match(/^#+ .*$/gm) ?? [];
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const words = heading.replace(/^#+ /, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** The first cells of a table's rows below a heading, without backquotes. */
export function rowsBelow(document: string, heading: string): string[] {
  const [, below = ''] = textOf(document).split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [section = ''] = below.split(/^#/m);
  const [, , ...rows] = section.match(/^\|.*$/gm) ?? [];
  return rows.map((row) => (row.split('|')[1] ?? '').trim().replaceAll('`', ''));
}
