/** A backup daemon in one function. Try it: `npm run example:publish -- ./backups trades=/etc/hostname accounts=/etc/hosts` */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** What one participant contributes: a file. Where it is critical, its failure fails the whole run. */
export type Source = { readonly name: string; readonly critical: boolean; readonly file: string };
/** Hears of every change of the disk, and is waited for. */
type Step = (done: string) => void | Promise<void>;

/** Copies the files of all sources into a run and publishes it; resolves to the run's directory. */
export async function publishRun(
  root: string,
  id: string,
  sources: readonly Source[],
  step: Step = () => {},
) {
  const [born, running] = [join(root, '.running', `.${id}`), join(root, '.running', id)];
  const begun = { backup_format_version: 1, run_id: id, type: 'full', trigger: 'manual', started_at: now() };
  const run = { ...begun, status: 'running', finished_at: 0 };
  const participants: string[] = [];
  const failed: Source[] = [];

  // Born under a name with a dot, which is nobody's run: so nobody meets a run without a manifest.
  await mkdir(join(born, 'participants'), { recursive: true });
  await step('mkdir');
  await replace(join(born, 'manifest.json'), { ...run, participants }, step);
  await move(born, running, step);

  for (const source of sources) {
    const record = await copy(source, running);
    await step(`copy ${source.name}`);
    if (!record.ok) failed.push(source);
    await replace(join(running, 'participants', `${source.name}.json`), { run_id: id, ...record }, step);
    participants.push(source.name);
    await replace(join(running, 'manifest.json'), { ...run, participants }, step);
  }

  // The last manifest stands before the run is published: what is in completed/ is final.
  const isFailed = failed.some(({ critical }) => critical);
  const status = failed.length === 0 ? 'completed' : isFailed ? 'failed' : 'partial';
  const error_summary = failed.map(({ name }) => `${name} failed`).join(', ');
  const ended = { ...begun, status, finished_at: now(), error_summary, participants };
  await replace(join(running, 'manifest.json'), ended, step);
  await mkdir(join(root, status), { recursive: true });
  await move(running, join(root, status, id), step);
  return join(root, status, id);
}

/** Copies one file, and records the size and the digest of what was read. */
async function copy({ name, critical, file }: Source, running: string) {
  const begun = { name, critical, started_at: now() };
  const path = basename(file);
  const hash = createHash('sha256');
  let size_bytes = 0;
  async function* measured(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size_bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    const target = createWriteStream(join(running, path), { flags: 'wx', flush: true });
    await pipeline(createReadStream(file), measured, target);
    const artifacts = [{ logical_name: path, path, size_bytes, sha256: hash.digest('hex') }];
    return { ...begun, ok: true, status: 'completed', finished_at: now(), artifacts };
  } catch (reason) {
    return { ...begun, ok: false, status: 'failed', finished_at: now(), error: String(reason) };
  }
}

/** Writes a manifest beside the old one, makes it durable, and renames it over: nobody reads half of one. */
async function replace(path: string, manifest: object, step: Step) {
  const beside = join(dirname(path), `.${basename(path)}`);
  const file = await open(beside, 'w');
  await file.writeFile(JSON.stringify(manifest, null, 2));
  await file.sync();
  await file.close();
  await step(`write ${basename(beside)}`);
  await move(beside, path, step);
}

/** Renames, and makes that durable in both directories. */
async function move(from: string, to: string, step: Step) {
  await rename(from, to);
  for (const directory of new Set([dirname(from), dirname(to)])) {
    const handle = await open(directory);
    await handle.sync();
    await handle.close();
  }
  await step(`rename to ${basename(dirname(to))}/${basename(to)}`);
}

/** Unix seconds. */
function now() {
  return Math.floor(Date.now() / 1_000);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = './backups', ...pairs] = process.argv.slice(2);
  const sources = pairs.map((pair): Source => {
    const [name = '', file = ''] = pair.split('=');
    return { name, critical: true, file };
  });
  const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
  console.log(await publishRun(root, `${stamp.replace('T', '-')}-000001`, sources));
}
