/** The content validators that come with the library. */

export { gzip } from './gzip/index.ts';
export type { CompressedOptions } from './inflate.ts';
export { json } from './json/index.ts';
export type { JsonOptions } from './json/index.ts';
export type { KindOptions } from './kind.ts';
export { sqlite } from './sqlite/index.ts';
export type { SqliteOptions } from './sqlite/index.ts';
export { tar } from './tar/index.ts';
export { zstd } from './zstd/index.ts';
export type { Artifact } from '../model/run.ts';
export type { ArtifactFile, ValidationContext, Validator, Verdict } from '../content/validator.ts';
