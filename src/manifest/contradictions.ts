/** Finds where the record of a run contradicts itself (pure; no artifact is looked at). */

import { finding, type Finding } from '../model/findings.ts';
import type { ParticipantRecord } from './format.ts';
import type { RunHead } from './schemas.ts';

interface Contradiction {
  readonly expected: string;
  readonly actual: string;
}

/** Contradictions of the run as a whole. `participants` are those that have a record. */
export function runContradictions(
  head: RunHead,
  participants: readonly ParticipantRecord[],
  path: string,
): Finding[] {
  const { status, type, started_at: started, finished_at: finished } = head;
  const requested = head.requested_participants.length;
  const found: (Contradiction | false)[] = [
    type === 'full' &&
      requested > 0 && {
        expected: 'no requested participants in a full run',
        actual: `${requested} requested`,
      },
    type === 'scoped' &&
      requested === 0 && { expected: 'requested participants in a scoped run', actual: 'none' },
    status === 'running' &&
      finished !== 0 && { expected: 'finished_at 0 in a running run', actual: `finished_at ${finished}` },
    status !== 'running' &&
      finished === 0 && { expected: `finished_at in a ${status} run`, actual: 'finished_at 0' },
    finished !== 0 && finished < started && finishedEarly(started, finished),
    status === 'partial' &&
      !participants.some(hasFailed) && { expected: 'a failed participant in a partial run', actual: 'none' },
  ];
  return found.filter((each) => each !== false).map((each) => finding('RUN_INCONSISTENT', { path, ...each }));
}

/** Contradictions that concern one participant. */
export function participantContradictions(head: RunHead, participant: ParticipantRecord): Finding[] {
  const { name, ok, status, critical, started_at: started, finished_at: finished } = participant;
  const found: (Contradiction | false)[] = [
    ok !== (status === 'completed') && { expected: `ok ${!ok} with status ${status}`, actual: `ok ${ok}` },
    finished < started && finishedEarly(started, finished),
    head.status === 'completed' &&
      hasFailed(participant) && { expected: 'no failed participant in a completed run', actual: 'failed' },
    head.status === 'partial' &&
      critical &&
      hasFailed(participant) && {
        expected: 'no failed critical participant in a partial run',
        actual: 'failed',
      },
  ];
  return found
    .filter((each) => each !== false)
    .map((each) => finding('RUN_INCONSISTENT', { participant: name, ...each }));
}

function hasFailed(participant: ParticipantRecord): boolean {
  return !participant.ok || participant.status === 'failed';
}

function finishedEarly(started: number, finished: number): Contradiction {
  return { expected: `finished_at not before ${started}`, actual: `finished_at ${finished}` };
}
