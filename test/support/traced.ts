/** Reads the output of strace: the calls that concern files below a directory. */

/** One system call as strace shows it with `-f -y`. */
export interface Traced {
  readonly name: string;
  /** Between the brackets. */
  readonly args: string;
  /** Behind the equals sign. */
  readonly result: string;
  readonly line: string;
}

/** Calls that change something, whatever they are given. */
const CHANGING =
  /^(?:mkdir|mknod|rmdir|unlink|rename|link|symlink|chmod|fchmod|chown|lchown|fchown|truncate|ftruncate|creat|utime|futimes|fallocate|write|pwrite|sendfile|copy_file_range|splice|flock|fsync|fdatasync|sync|setxattr|lsetxattr|fsetxattr|removexattr|lremovexattr|fremovexattr|mount|umount|chroot|pivot_root|swapon|swapoff|acct|bpf|name_to_handle_at|ioctl)(?:at|at2|2|64|v|v2|s|at_range)?$/;

const CHANGING_FLAGS = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b/;
const CHANGING_COMMANDS = /\bF_(?:OFD_)?(?:SETLKW?|SETLEASE|NOTIFY|ADD_SEALS)\b/;

/** Calls that were begun on one line and resumed on another become one. */
export function parseTrace(text: string): Traced[] {
  const begun = new Map<string, string>();
  return text.split('\n').flatMap((line): Traced[] => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[1] ?? ''}`;
    const [, name, args = '', result = ''] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? [];
    return name === undefined ? [] : [{ name, args, result, line: whole }];
  });
}

/** Whether a call could change a file. */
export function isChanging({ name, args }: Traced): boolean {
  if (CHANGING.test(name)) return true;
  if (/^open(?:at2?)?$/.test(name)) return CHANGING_FLAGS.test(args);
  if (/^fcntl(?:64)?$/.test(name)) return CHANGING_COMMANDS.test(args);
  return name.startsWith('mmap') && args.includes('MAP_SHARED') && args.includes('PROT_WRITE');
}

/** Whether it concerns something below a directory: by path, by descriptor, or by what it opened. */
export function concerns({ args, result }: Traced, directory: string): boolean {
  // Below a descriptor every name could be meant.
  return args.includes(directory) || result.includes(directory) || args.includes('"/proc/self/fd/');
}

/** What was opened for its content, and not merely held. */
export function openedPath({ name, args, result }: Traced): string | null {
  if (!/^open(?:at2?)?$/.test(name) || /\bO_PATH\b/.test(args)) return null;
  return /^\d+<(.*)>$/.exec(result)?.[1] ?? null;
}
