/** The grammars of run ids and of participants' names, which need no disk and nothing of Node (pure). */

/** The file system's own directory for what it finds when it is repaired. */
export const LOST_AND_FOUND = 'lost+found';

/**
 * A letter or digit first, then these characters too, at most 128, no `..`, no final dot, no DOS device name. Such a name is one plain
 * path segment everywhere. `besides` are further characters, as in a class of a pattern, and `but` is a name that is none.
 */
function grammar(besides = '', but = ''): RegExp {
  const device =
    '(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM][1-9]|[lL][pP][tT][1-9])(?:\\.|$)';
  const none = ['.*\\.\\.', '.*\\.$', device, ...(but === '' ? [] : [`${but}$`])];
  const ahead = none.map((each) => `(?!${each})`).join('');
  return new RegExp(`^${ahead}[A-Za-z0-9][A-Za-z0-9._${besides}-]{0,127}$`);
}

/** The grammar of participant names: ASCII letters and digits, `.`, `_` and `-`. */
export const NAME = grammar();

/** The grammar of run ids: that of participant names, with `+` and `:` besides, as times of ISO 8601 have them. */
export const RUN_ID = grammar('+:', LOST_AND_FOUND.replace('+', '\\+'));
