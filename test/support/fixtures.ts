/** The folders of fixtures/ come out as cases: adding a case is adding a folder. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, InspectionOptions, InspectorOptions } from '../../src/index.ts';

export const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** The spec's own example. */
export const SPEC_RUN_ID = '20260629-121045-000001';
export const SPEC_ROOT = join(FIXTURES, 'intact/spec-example/backups');

export interface Case {
  /** `<intact|damaged|refused>/<aspect>` */
  readonly name: string;
  readonly kind: 'intact' | 'damaged' | 'refused';
  readonly root: string;
  readonly about: string;
  readonly request: unknown;
  readonly options?: InspectionOptions & Omit<InspectorOptions, 'root'>;
  readonly answer: Answer;
}

export const CASES: readonly Case[] = (['intact', 'damaged', 'refused'] as const).flatMap((kind) =>
  readdirSync(join(FIXTURES, kind)).map((aspect): Case => {
    const folder = join(FIXTURES, kind, aspect);
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as object;
    return { name: `${kind}/${aspect}`, kind, root: join(folder, 'backups'), ...expected } as Case;
  }),
);
