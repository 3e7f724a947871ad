/** Takes text as it arrives, and hands on the messages in it without the CRLF that ends each. */
export function readMessages(onMessage: (message: string) => void, longest = 16 * 1_024 * 1_024) {
  let begun = '';
  let held = '';
  return (arrived: string): void => {
    const text = held + arrived;
    // Whether it ends a message is told by what arrives next.
    held = text.endsWith('\r') ? '\r' : '';
    const [end = '', ...more] = text.slice(0, text.length - held.length).split('\r\n');
    begun += end;
    for (const next of more) {
      if (begun.length > longest) break;
      onMessage(begun);
      begun = next;
    }
    if (begun.length > longest) throw new RangeError(`a message has more than ${longest} characters`);
  };
}
