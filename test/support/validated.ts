/** What the library says about an artifact of some content under content validators. */

import {
  getBackupRun,
  type Answer,
  type Artifact,
  type Finding,
  type GetBackupRunOptions,
} from '../../src/index.ts';
import type { Validator } from '../../src/validators/index.ts';
import { runChild } from './built.ts';
import type { ContentsInput, ContentsOutput } from './children/contents.ts';
import { makeRun, RUN_ID, type MadeRun } from './runs.ts';

export interface Validated {
  readonly artifact: Artifact;
  readonly findings: readonly Finding[];
  readonly complete: boolean;
}

export interface ToValidate {
  /** The artifact's name. */
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly validators: readonly Validator[];
  /** Other artifacts of the run. */
  readonly others?: Record<string, string | Uint8Array>;
  readonly options?: Omit<GetBackupRunOptions, 'root' | 'validators'>;
}

/** Inspects a run of one artifact, which is recorded as it is. */
export async function validated(given: ToValidate): Promise<Validated> {
  const { name, content, validators, others = {}, options = {} } = given;
  const inspect: Inspect = ({ root }) => getBackupRun({ run_id: RUN_ID }, { ...options, root, validators });
  const [first] = await inspectAll({ [name]: content, ...others }, inspect);
  return first!;
}

type Inspect = (run: MadeRun) => Promise<Answer>;

async function inspectAll(
  artifacts: Record<string, string | Uint8Array>,
  inspect: Inspect,
): Promise<Validated[]> {
  const answer = await inspect(makeRun({ artifacts }));
  if (!answer.ok) throw new Error(answer.error.message);
  const { run, findings, coverage } = answer;
  const its = (artifact: Artifact): Finding[] => findings.filter(({ path }) => path === artifact.path);
  return run.participants[0]!.artifacts.map((artifact) => ({
    artifact,
    findings: its(artifact),
    complete: coverage.complete,
  }));
}

/** In one word, and with the reason: `ok`, `invalid: …`, `not verified: …`. */
export async function verdictOn(given: ToValidate): Promise<string> {
  const one = await validated(given);
  const verdict = verdictOf(one);
  if (one.complete === verdict.startsWith('not verified')) throw new Error('coverage and verdict disagree');
  return verdict;
}

/** The same of many contents, each in an artifact of its own; the name ends in the given one. */
export async function verdictsOn(
  contents: readonly Uint8Array[],
  { name, validators }: Pick<ToValidate, 'name' | 'validators'>,
): Promise<string[]> {
  const inspect: Inspect = ({ root }) =>
    getBackupRun({ run_id: RUN_ID }, { root, validators, limits: { findings: 1e6 } });
  return (await inspectAll(numbered(contents, name), inspect)).map(verdictOf);
}

/** The same by another Node. */
export async function verdictsBy(
  node: string,
  contents: readonly Uint8Array[],
  { name, ...given }: { name: string } & Pick<ContentsInput, 'validator' | 'settings'>,
): Promise<string[]> {
  const inspect: Inspect = async ({ root, runId }) => {
    const input: ContentsInput = { root, runId, ...given, options: { limits: { findings: 1e6 } } };
    const { answer, warnings } = await runChild<ContentsOutput>('contents', input, { node });
    if (warnings.length > 0) throw new Error(warnings.join());
    return answer;
  };
  return (await inspectAll(numbered(contents, name), inspect)).map(verdictOf);
}

function numbered(contents: readonly Uint8Array[], name: string): Record<string, Uint8Array> {
  return Object.fromEntries(contents.map((content, index) => [`${index}/${name}`, content]));
}

function verdictOf({ artifact, findings }: Validated): string {
  const [finding, ...more] = findings;
  if (!artifact.integrity_ok || more.length > 0) throw new Error('one verdict, on sound bytes, was expected');
  if (artifact.validation_ok !== (finding === undefined)) throw new Error('flag and findings disagree');
  if (finding === undefined) return 'ok';
  const said = `${finding.code} ${finding.severity}`;
  if (said === 'ARTIFACT_CONTENT_INVALID error') return `invalid: ${String(finding.actual)}`;
  if (said === 'ARTIFACT_NOT_VERIFIED warning') return `not verified: ${String(finding.actual)}`;
  throw new Error(`an odd finding: ${JSON.stringify(finding)}`);
}

/** Every beginning of some bytes, from a length on; the empty one apart. */
export function truncationsOf(bytes: Uint8Array, from = 1, step = 1): Uint8Array[] {
  const count = Math.ceil((bytes.length - from) / step);
  return Array.from({ length: count }, (_, index) => bytes.subarray(0, from + index * step));
}

/** The bytes with one of them flipped, for each place in them. */
export function flipsOf(bytes: Uint8Array, places = [...bytes.keys()]): Uint8Array[] {
  return places.map((at) => {
    const copy = Uint8Array.from(bytes);
    copy[at]! ^= 0xff;
    return copy;
  });
}
