/** Lists a backups directory with a filter, and reports the run ids. */

import { createInspector, type InspectorOptions, type RunFilter } from '../../../src/index.ts';
import { idOf } from '../listed.ts';
import { input, say } from './say.ts';

export interface ListInput {
  readonly options: InspectorOptions;
  readonly filter: RunFilter;
}

const { options, filter } = input() as ListInput;
await using inspector = createInspector(options);
const ids: string[] = [];
for await (const row of inspector.listBackupRuns(filter)) ids.push(idOf(row));
say(ids);
