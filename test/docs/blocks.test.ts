import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, DOCUMENTS, PROJECT, textOf, type Block } from '../support/documents.ts';
import { addRepository, makeFolder, tryBlock } from '../support/try-blocks.ts';

/** `npm run captures` writes into the documents what their commands and programs print. */
const IS_WRITING = process.env['CAPTURES'] === 'write';

/** Blocks that are not run here, by the document and their first line, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'README.md: npm install backup-run-inspector': 'test/cli/package.test.ts does it',
  'README.md: npm ci && npm run demo': 'test/demo.test.ts does it',
  'README.md: npm ci && npm test': 'this is a part of it',
  'docs/containers.md: docker run --rm --read-only --user 65534:65534 --cap-drop ALL --security-opt no-new-privileges \\':
    'it needs Docker',
  'docs/containers.md: node --permission --allow-fs-read=/app --allow-fs-read=/srv/backups --allow-worker app.js':
    'test/package/hosts.test.ts does it',
  'docs/containers.md: bun app.js': 'test/package/hosts.test.ts does it',
  'docs/commands.md: npm run example:http -- ./examples/backups 8080': 'test/examples/run.test.ts does it',
};

/** What a block may be, by language: the names it may have. */
const KINDS: Readonly<Record<string, RegExp>> = {
  // Run; with a name, written to a file. Those with a name in docs/embedding.md are tried by recipes.test.ts.
  ts: /^(?:[a-z-]+\.ts)?$/,
  js: /^(?:[a-z-]+\.mjs)?$/,
  // Run by a shell, in the folder or in a clone.
  sh: /^(?:clone|not-run)?$/,
  // Run; what is printed stands behind each command.
  console: /^$/,
  // Parsed, or equal to the file of that name, or what the block before it printed.
  json: /^(?:examples\/\S+\.json|output)?$/,
  text: /^(?:output)?$/,
  // Read by recipes.test.ts.
  ini: /^[a-z-]+\.(?:service|timer)$/,
  yaml: /^[a-z-]+\.yaml$/,
};

/** Durations differ from one time to the next. */
function withoutDurations(text: string): string {
  return text.replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)(?=[.,]?$)/gm, 'TIME');
}

function isOfKind({ language, info }: Block): boolean {
  return KINDS[language]?.test(info) ?? false;
}

/** Documents with blocks that are of this project; those of CHANGELOG and the like have none. */
const WITH_BLOCKS = DOCUMENTS.filter(
  (document) => document === 'README.md' || /^docs\/[^/]+$/.test(document),
).filter((document) => blocksOf(textOf(document)).length > 0);

describe.each(WITH_BLOCKS)('%s', (document) => {
  const blocks = blocksOf(textOf(document));

  it('has only blocks that are tried, or of which it is known why not', () => {
    expect(blocks.filter((block) => !isOfKind(block)).map(({ whole }) => whole)).toEqual([]);
    const notRun = blocks.filter(({ info }) => info === 'not-run');
    const names = notRun.map(({ code }) => `${document}: ${code.split('\n')[0]}`);
    expect(names).toEqual(Object.keys(NOT_RUN).filter((name) => name.startsWith(`${document}: `)));
  });

  it('does what it says, from top to bottom', async () => {
    const folder = await makeFolder();
    if (document !== 'README.md') addRepository(folder);
    let printed = '';
    let written = textOf(document);
    for (const block of blocks) {
      const tried = await tryBlock(block, folder, printed);
      // Nothing is printed that is not shown.
      if (block.info !== 'output') expect(printed, block.whole).toBe('');
      printed = tried.printed;
      if (withoutDurations(tried.should) === withoutDurations(block.code)) continue;
      if (!IS_WRITING) expect(block.code).toBe(tried.should);
      written = written.replace(block.whole, () => block.whole.replace(block.code, () => tried.should));
    }
    expect(printed).toBe('');
    if (IS_WRITING) writeFileSync(join(PROJECT, document), written);
  });
});
