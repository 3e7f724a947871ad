/** Reads extended headers of tar archives (POSIX.1-2001, pax): records of `<length> <key>=<value>\n`, each of which is checked. */

/** Finds the size in the records of an extended header, the last one where there are several; null when there is none, a text for a flaw. */
export function sizeIn(records: Buffer): number | null | string {
  let size: number | null = null;
  // A NUL ends them.
  for (let from = 0; from < records.length && records[from] !== 0;) {
    const [, digits = ''] = /^(\d{1,7}) /.exec(records.toString('latin1', from, from + 8)) ?? [];
    const to = from + Number(digits);
    // One that ends before its text does would be read again and again.
    if (digits === '' || to <= from + digits.length + 1 || to > records.length || records[to - 1] !== 0x0a)
      return 'a broken record';
    const record = records.toString('latin1', from + digits.length + 1, to - 1);
    if (!record.includes('=')) return 'a broken record';
    const [, value] = /^size=(.*)$/s.exec(record) ?? [];
    if (value !== undefined) {
      if (!/^\d{1,15}$/.test(value)) return 'no size that is one';
      size = Number(value);
    }
    from = to;
  }
  return size;
}
