/** Asks about runs, all at once or one after another, and reports the answers. */

import {
  createInspector,
  getBackupRun,
  type Answer,
  type GetBackupRunOptions,
  type BackupRunRequest,
} from '../../../src/index.ts';
import { splitOptions } from '../options.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface AnswerInput {
  readonly asked: readonly Asked[];
  /** One inspector of the first root for all of them, at once; else one call of `getBackupRun()` after another. */
  readonly together?: boolean;
  /** How often each is asked. */
  readonly times?: number;
  /** What is asked before descriptors are counted. */
  readonly warmUp?: Asked;
}

export interface Asked {
  readonly request: unknown;
  readonly options: GetBackupRunOptions;
}

export interface AnswerOutput {
  /** In the order of what was asked. */
  readonly answers: readonly Given[];
  readonly descriptors: { readonly before: number; readonly after: number };
}

/** An answer, or the reason of a rejection. */
export type Given = Answer | { readonly rejected: string };

const { asked, together = false, times = 1, warmUp } = input() as AnswerInput;

async function given(answering: Promise<Answer>): Promise<Given> {
  return answering.catch((reason: unknown) => ({ rejected: String(reason) }));
}

if (warmUp !== undefined) await given(getBackupRun(warmUp.request as BackupRunRequest, warmUp.options));
const before = await quietDescriptors();
const all = Array.from({ length: times }, () => asked).flat();
const answers: Given[] = [];
const [first] = asked;
if (together && first !== undefined) {
  const inspector = createInspector(splitOptions(first.options).own);
  const ask = ({ request, options }: (typeof all)[number]): Promise<Given> =>
    given(inspector.getBackupRun(request as BackupRunRequest, splitOptions(options).call));
  answers.push(...(await Promise.all(all.map(ask))));
  await inspector.close();
} else
  for (const { request, options } of all)
    answers.push(await given(getBackupRun(request as BackupRunRequest, options)));
const after = await settledDescriptors(before);
say({ answers, descriptors: { before, after } } satisfies AnswerOutput);
