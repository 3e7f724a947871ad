/** Has one verified artifact validated by every validator that applies; whatever they do, each ends in an outcome. */

import { createCanceller, throwIfCancelled, type Cancellation } from '../concurrency/abort.ts';
import type { Artifact } from '../model/run.ts';
import { quote } from '../model/printable.ts';
import { callValidator, createWatch, failed, GivenUp, leftOut, type Outcome } from './call-validator.ts';
import {
  createReader,
  type Pulse,
  type ArtifactSource,
  type Reader,
  type ReaderFailure,
  type Verified,
} from './artifact-reader.ts';
import { HEAD_BYTES, type ArtifactFile, type Validator } from './validator.ts';

/** An artifact that a validator may read. */
export interface Subject {
  readonly artifact: Artifact;
  /** Null where the integrity was not verified: then nothing is read of it. */
  readonly verified: Verified | null;
}

/** How one artifact is validated. */
export interface Validating {
  readonly validators: readonly Validator[];
  readonly stallTimeoutMs: number;
  /** Absolute path of the backups directory. */
  readonly root: string;
  readonly source: ArtifactSource;
  /** With `OutOfTime` when the budget is over. */
  readonly cancellation: Cancellation;
  /** The artifact of this run with something behind the path of another. */
  readonly beside: (subject: Subject, ending: string) => Subject | null;
}

/** The validation is over: nothing can be read any more. */
const VALIDATION_OVER = new Error('the validation is over');

/** What the validators that apply say; rejects with the reason of a cancellation, and when the inspection cannot go on. */
export async function validateArtifact(subject: Subject, validating: Validating): Promise<Outcome[]> {
  const head = await readHead(subject, validating);
  if ('type' in head) return [head];
  const outcomes: Outcome[] = [];
  for (const validator of validating.validators) {
    const outcome = await validateBy(validator, subject, head.bytes, validating);
    if (outcome !== null) outcomes.push(outcome);
  }
  return outcomes;
}

const NO_PULSE: Pulse = { begin: () => undefined, end: () => undefined };

async function readHead(
  { verified }: Subject,
  { source, cancellation }: Validating,
): Promise<{ readonly bytes: Uint8Array } | Outcome> {
  if (verified === null) throw new Error('an artifact that is not verified was to be validated');
  const reader = createReader(verified, source, cancellation, NO_PULSE);
  try {
    return { bytes: await reader.head(HEAD_BYTES) };
  } catch (fault) {
    throwIfCancelled(cancellation);
    const failure = reader.failure();
    if (failure === null) throw fault;
    return { type: 'skipped', why: sentence('it', failure) };
  }
}

/** Null when it does not apply. */
async function validateBy(
  validator: Validator,
  subject: Subject,
  head: Uint8Array,
  validating: Validating,
): Promise<Outcome | null> {
  try {
    const applies: unknown = validator.applies({ ...subject.artifact }, Uint8Array.from(head));
    if (typeof applies !== 'boolean') {
      // Nobody waits for a promise, which may reject.
      Promise.resolve(applies).catch(() => undefined);
      return leftOut(validator, 'does not say whether it applies');
    }
    if (!applies) return null;
  } catch (fault) {
    return failed(validator, fault);
  }
  return validate(validator, subject, validating);
}

async function validate(
  validator: Validator,
  subject: Subject,
  { cancellation, source, root, stallTimeoutMs, beside }: Validating,
): Promise<Outcome> {
  const canceller = createCanceller();
  const unlisten = cancellation.onCancel(canceller.cancel);
  const watch = createWatch(stallTimeoutMs, () => canceller.cancel(new GivenUp()));
  const readers: { readonly name: string; readonly reader: Reader }[] = [];

  function fileOf({ artifact, verified }: Subject): ArtifactFile {
    const { logical_name: name, path, size_bytes: size } = artifact;
    const reader = verified && createReader(verified, source, canceller, watch);
    if (reader !== null) readers.push({ name, reader });
    return {
      name,
      path,
      size,
      chunks() {
        if (reader === null) throw new Error(`the integrity of ${quote(name)} is not verified`);
        return reader.chunks();
      },
      beside(ending) {
        const other = beside({ artifact, verified }, ending);
        return other && fileOf(other);
      },
    };
  }

  let outcome: Outcome;
  try {
    outcome = await callValidator({ validator, file: fileOf(subject), cancellation: canceller, watch, root });
  } catch (reason) {
    if (!(reason instanceof GivenUp)) throw reason;
    outcome = leftOut(validator, `did nothing for ${stallTimeoutMs} ms`);
  } finally {
    watch.stop();
    unlisten();
    canceller.cancel(VALIDATION_OVER);
  }
  throwIfCancelled(cancellation);
  // Whatever it says, it says of something else, or of less than the whole.
  const [why] = readers.flatMap(({ name, reader }, index) => {
    const found = reader.failure();
    return found === null ? [] : sentence(index === 0 ? 'it' : quote(name), found);
  });
  return why === undefined ? outcome : { type: 'skipped', why };
}

/** Throws where the inspection cannot go on. */
function sentence(name: string, failure: ReaderFailure): string {
  switch (failure.type) {
    case 'changed':
      return `${name} changed after it was hashed`;
    case 'stalled':
      return `no byte of ${name} came for ${failure.milliseconds} ms`;
    case 'unreadable':
      return `${name} cannot be read (${failure.errno})`;
    default:
      throw failure.fault;
  }
}
