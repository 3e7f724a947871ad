/** The content validators that come with the library. */

export { gzip } from './gzip.ts';
export type { CompressedOptions } from './gzip.ts';
export { json } from './json.ts';
export type { JsonOptions } from './json.ts';
export type { KindOptions } from './kind.ts';
export { sqlite } from './sqlite.ts';
export type { SqliteOptions } from './sqlite.ts';
export { tar } from './tar.ts';
export { zstd } from './zstd.ts';
export type { Artifact } from '../model.ts';
export type { ArtifactFile, ValidationContext, Validator, Verdict } from './validator.ts';
