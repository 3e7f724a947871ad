/** `backup-run completion`: the scripts with which shells complete what is typed. */

import type { Arguments } from '../args/arguments.ts';
import { COMPLETE, SHELLS, type Shell } from '../args/options.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../args/usage-error.ts';
import { parseWord } from '../args/values.ts';
import type { RunOutcomes } from '../output/exit-code.ts';

/** What the program says where directories are meant: shells know how to complete those. */
export const DIRECTORIES = ':directories';

/** Some shells break words at `=`: candidates always hold the whole word. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: String.raw`# Completes backup-run in bash.
_backup_run() {
  local IFS=$'\n' current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ "\${COMPREPLY[0]-}" == ${DIRECTORIES} ]]; then
    compopt -o filenames 2>/dev/null
    [[ "$current" == = ]] && current=
    COMPREPLY=($(compgen -d -- "$current"))
  elif [[ "$current" == = || "\${COMP_WORDS[COMP_CWORD-1]}" == = ]]; then
    COMPREPLY=("\${COMPREPLY[@]#*=}")
  fi
}
complete -F _backup_run backup-run
`,
  zsh: String.raw`#compdef backup-run
# Completes backup-run in zsh.
_backup_run() {
  local -a candidates
  candidates=("\${(@f)$("\${(Q)words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "$candidates[1]" == ${DIRECTORIES} ]]; then
    compset -P '*='
    _files -/
  else
    compadd -- "\${(@)candidates:#}"
  fi
}
if [[ "$funcstack[1]" == _backup-run ]]; then
  _backup_run "$@"
else
  compdef _backup_run backup-run
fi
`,
  fish: String.raw`# Completes backup-run in fish.
function __backup_run
    set -l words (commandline -opc) (commandline -ct)
    set -l candidates ($words[1] ${COMPLETE} $words[2..-1] 2>/dev/null)
    if test "$candidates[1]" = ${DIRECTORIES}
        __fish_complete_directories (string replace -r '^--root=' '' -- $words[-1])
    else
        printf '%s\n' $candidates
    end
end
complete -c backup-run -f -a '(__backup_run)'
`,
};

/** Prints the script of a shell. */
export async function completionCommand({ words }: Arguments, { out }: CliContext): Promise<RunOutcomes> {
  const [shell, ...more] = words;
  if (shell === undefined || more.length > 0) {
    throw new UsageError(`Cannot print a completion script: expected one of ${SHELLS.join(', ')}`);
  }
  await out.print(SCRIPTS[parseWord(shell, 'completion', SHELLS)].replaceAll('\\$', '$'));
  return new Set();
}
