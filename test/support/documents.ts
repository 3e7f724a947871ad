/** The Markdown files of the repository, and what stands in them: blocks of code, links, headings, rows of tables. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Folders with documents of the project, beside those that stand at its top. */
const FOLDERS = ['docs', 'examples'];

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
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as GitHub names them. */
export function anchorsOf(text: string): string[] {
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
