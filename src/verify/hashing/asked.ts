/** A request comes in, batches of its files go out to threads; what came of each file goes back until all are answered. */

import type { FilesRequest, FileToAsk } from './hasher.ts';
import type { Result } from './parcel.ts';
import type { Job } from './protocol.ts';

/** A request, and what has come of it. */
export interface Asked {
  readonly task: Job['task'];
  readonly request: FilesRequest;
  /** Gives up on it. */
  readonly refuse: (reason: unknown) => void;
  /** Takes what came of one of its files. */
  readonly take: (place: number, result: Result) => void;
}

/** One file of a request. */
export interface Piece {
  readonly place: number;
  readonly file: FileToAsk;
  /** Threads that crashed with it. */
  crashes: number;
  /** Bytes that were told. */
  told: number;
}

/** Files of one request that go to a thread together. */
export interface Batch {
  readonly asked: Asked;
  readonly pieces: readonly Piece[];
}

/** Files of one batch: enough to make messages cheap, few enough for every thread to have some. */
const MOST = { look: 1_024, read: 256 } as const;

/** Makes a request, which resolves when all its files are answered; a cancellation rejects it at once. */
export function ask(
  task: Job['task'],
  request: FilesRequest,
  { begin, forget }: { readonly begin: (batches: readonly Batch[]) => void; readonly forget: () => void },
): Promise<readonly Result[]> {
  const { cancellation, files } = request;
  return new Promise((resolve, reject) => {
    if (cancellation.cancelled !== null) return reject(cancellation.cancelled.reason);
    if (files.length === 0) return resolve([]);
    const unlisten = cancellation.onCancel((reason) => {
      reject(reason);
      forget();
    });
    const results: Result[] = files.map(() => CRASH);
    let left = files.length;
    const refuse = (reason: unknown): void => {
      unlisten();
      reject(reason);
    };
    const take = (place: number, result: Result): void => {
      results[place] = result;
      left -= 1;
      if (left > 0) return;
      unlisten();
      resolve(results);
    };
    begin(batchesOf({ task, request, refuse, take }));
  });
}

const CRASH: Result = { found: 'crash' };

function batchesOf(asked: Asked): Batch[] {
  const { files } = asked.request;
  const pieces = files.map((file, place): Piece => ({ place, file, crashes: 0, told: 0 }));
  const most = MOST[asked.task];
  const count = Math.ceil(pieces.length / most);
  return Array.from({ length: count }, (_, at) => ({
    asked,
    pieces: pieces.slice(at * most, (at + 1) * most),
  }));
}

/** Whether anybody still waits for it. */
export function isWanted({ asked }: Batch): boolean {
  return asked.request.cancellation.cancelled === null;
}

/** Answers for a file. */
export function deliver(asked: Asked, piece: Piece, result: Result): void {
  if (result.found === 'read') tell(asked, piece, result.bytesRead);
  asked.take(piece.place, result);
}

/** Tells of the bytes that were read of a file, in all. */
export function tell(asked: Asked, piece: Piece, total: number): void {
  if (total <= piece.told) return;
  const count = total - piece.told;
  piece.told = total;
  asked.request.onBytes(piece.place, count);
}
