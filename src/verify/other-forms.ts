/** Tells of files that are missing whether their path stands there in another Unicode form: the two look the same in print. */

import { forEachInSlices } from '../concurrency/cooperative.ts';
import { commonForm, mayHaveForms } from '../model/unicode-form.ts';
import type { OtherForm } from '../repository/other-forms.ts';
import type { Measurement, Measurements } from './measurement.ts';

/** What is there for certain. */
const SEEN: ReadonlySet<Measurement['type']> = new Set(['size', 'content', 'changing', 'not-regular']);

/** Adds to what is missing where it stands in another form: as a file that nobody claims, or as one that another record does. */
export async function noteOtherForms(
  measured: Measurements,
  unlisted: readonly OtherForm[],
): Promise<Measurements> {
  const all = [...measured].filter(([path]) => mayHaveForms(path));
  if (!all.some(([, { type }]) => type === 'missing')) return measured;
  const there = new Map<string, string>();
  await forEachInSlices(all, ([path, { type }]) => {
    if (SEEN.has(type)) there.set(commonForm(path), path);
  });
  const found = new Map(unlisted.map((each) => [each.claimed, each.found]));
  const noted = new Map(measured);
  await forEachInSlices(all, ([path, { type }]) => {
    const otherForm = found.get(path) ?? there.get(commonForm(path));
    if (type === 'missing' && otherForm !== undefined) noted.set(path, { type, otherForm });
  });
  return noted;
}
