/** Does what a document says, as a reader would by copy and paste: its blocks one after the other, in an empty folder. */

import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { PROJECT, type Block } from './documents.ts';
import { program } from './program.ts';
import { temporaryDirectory } from './runs.ts';

/** Ages are told as of this moment: half a minute into the run that is under way in examples/backups. */
const NOW = Date.UTC(2026, 6, 1, 0, 10, 30);

/** What a command or a program came to. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | string;
}

/** A folder in which the package is installed. */
export interface Folder {
  readonly path: string;
  run(command: string, args: readonly string[], cwd?: string): Promise<Ended>;
}

/** Makes a folder as a reader has it who did what stands under Install. */
export async function makeFolder(): Promise<Folder> {
  const path = temporaryDirectory();
  const modules = join(path, 'node_modules');
  const cli = await program();
  chmodSync(cli, 0o755);
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(dirname(dirname(cli)), join(modules, 'backup-run-inspector'), 'junction');
  symlinkSync(cli, join(modules, '.bin/backup-run'));
  const clock = `data:text/javascript,Date.now=()=>${NOW}`;
  const environment = {
    PATH: `${join(modules, '.bin')}:${process.env['PATH']}`,
    HOME: path,
    TZ: 'UTC',
    TERM: 'dumb',
    npm_config_cache: join(path, '.npm'),
    npm_config_update_notifier: 'false',
  };
  return {
    path,
    run: (command, args, cwd = path) =>
      new Promise((resolve) => {
        const env = { ...environment, ...(command === 'sh' ? { NODE_OPTIONS: `--import=${clock}` } : {}) };
        execFile(command, args, { cwd, env, timeout: 100_000 }, (fault, stdout, stderr) =>
          resolve({ stdout, stderr, code: fault === null ? 0 : (fault.code ?? 'killed') }),
        );
      }),
  };
}

/** Puts into a folder what documents but the README speak of: a root with runs, the fixtures, and a clone. */
export function addRepository({ path }: Folder): void {
  cpSync(join(PROJECT, 'examples/backups'), join(path, 'backups'), { recursive: true });
  for (const name of ['examples', 'fixtures']) symlinkSync(join(PROJECT, name), join(path, name), 'junction');
  const clone = join(path, 'clone');
  mkdirSync(clone);
  for (const name of readdirSync(PROJECT)) {
    if (name !== 'package.json') symlinkSync(join(PROJECT, name), join(clone, name));
  }
  // What is made of the sources is made already, and is not to be made anew while others read it.
  const manifest = readFileSync(join(PROJECT, 'package.json'), 'utf8');
  writeFileSync(join(clone, 'package.json'), manifest.replaceAll('npm run --silent inline && ', ''));
}

/** A block that does not do what it says. */
class Failed extends Error {
  constructor({ code }: Block, { stderr, code: ended }: Ended) {
    super(`this ends with ${ended}:\n${code}\n${stderr}`);
  }
}

/** Does what one block says; resolves to the block as it should be, or to null where nothing comes of it that is shown. */
export async function tryBlock(block: Block, folder: Folder, printed: string): Promise<Tried> {
  const { language, info, code } = block;
  const shown = (should: string): Tried => ({ should, printed: '' });
  if (info === 'output') return shown(printed);
  if (info === 'not-run') return { should: code, printed: '' };
  switch (language) {
    case 'js':
    case 'ts':
      if (info === '') return { should: code, printed: await runProgram(block, folder) };
      writeFileSync(join(folder.path, info), code);
      return { should: code, printed: '' };
    case 'sh': {
      const clone = info === 'clone' ? join(folder.path, 'clone') : undefined;
      const script = replaceRoot(code, folder);
      const ended = await folder.run('bash', ['-euc', script], clone);
      if (ended.code !== 0) throw new Failed(block, ended);
      return { should: code, printed: '' };
    }
    case 'console':
      return shown(await runConsole(block, folder));
    case 'json':
      if (info !== '') return shown(readFileSync(join(PROJECT, info), 'utf8'));
      return { should: typeof JSON.parse(code) === 'object' ? code : '', printed: '' };
    default:
      return { should: code, printed: '' };
  }
}

/** What became of a block. */
export interface Tried {
  /** What the block should hold. */
  readonly should: string;
  /** What its program printed, which an `output` behind it shows. */
  readonly printed: string;
}

function replaceRoot(code: string, { path }: Folder): string {
  return code.replaceAll('/srv/backups', join(path, 'backups'));
}

async function runProgram(block: Block, folder: Folder): Promise<string> {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  const { code } = await transform(replaceRoot(block.code, folder), {
    loader: block.language === 'ts' ? 'ts' : 'js',
    target: 'node20',
    format: 'esm',
    tsconfigRaw,
  });
  const file = join(folder.path, 'block.mjs');
  writeFileSync(file, code);
  const ended = await folder.run(process.execPath, [file]);
  if (ended.code !== 0 || ended.stderr !== '') throw new Failed(block, ended);
  return ended.stdout;
}

/** The block with what its commands, the lines that begin with `$ `, print now. */
async function runConsole(block: Block, folder: Folder): Promise<string> {
  const commands = block.code.match(/^\$ .*$/gm) ?? [];
  let text = '';
  for (const command of commands) {
    const ended = await folder.run('sh', ['-c', command.slice(2)]);
    if (ended.stderr !== '') throw new Failed(block, ended);
    text += `${command}\n${ended.stdout}`;
  }
  return text;
}
