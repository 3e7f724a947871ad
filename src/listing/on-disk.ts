/** Work on the disk comes in, what it makes goes out: done among the quick inspections of an inspector. */

import type { Cancellation } from '../cancellation.ts';
import type { Shared } from '../inspect-run.ts';
import { inspectionSettings } from '../request.ts';
import type { Session } from '../store/disk.ts';

/** How runs are inspected that are listed with their participants. */
export const RECORDED = inspectionSettings({ level: 'none' });

/** Works on the disk among the quick inspections. */
export async function onDisk<T>(
  shared: Shared,
  cancellation: Cancellation,
  work: (disk: Session) => Promise<T>,
): Promise<T> {
  const leave = await shared.gateFor(RECORDED).enter(cancellation);
  return inSession(shared, work).finally(leave);
}

/** Works on the disk, and leaves nothing under way there. */
export async function inSession<T>({ disk }: Shared, work: (disk: Session) => Promise<T>): Promise<T> {
  const session = disk.session();
  try {
    return await work(session);
  } finally {
    await session.drain();
  }
}
