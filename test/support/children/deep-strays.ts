/** A number of told paths and of the names in each come in, paths of findings about a directory beside them go out. */

import type { Located } from '../../../src/repository/locate-run.ts';
import { straysIn } from '../../../src/repository/unlisted.ts';
import { input, say } from './say.ts';

export interface DeepStraysInput {
  readonly paths: number;
  readonly names: number;
}

const { paths, names } = input() as DeepStraysInput;
const run = { path: 'completed/r' } as Located;
const deep = '/a'.repeat(names - 1);
const told = Array.from({ length: paths }, (_, index) => `${run.path}/${index}${deep}`);
const search = { found: [], unlistable: [{ names: [Buffer.from('sub')], errno: 'EACCES' }] };
say(straysIn(search, run, { told, most: 10 }).findings.map(({ path }) => path));
