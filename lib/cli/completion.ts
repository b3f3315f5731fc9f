/** Scripts that complete commands, flags and values in a shell, made from the commands' schemas. */
import { StegoError } from '../errors.js'
import { type Flag, flagsOf } from '../options/flags.js'
import type { Entry } from './command.js'
import { withQuiet } from './quiet.js'

const SHELLS = { bash, zsh, fish }

/** How to install completion, for the help. */
export const COMPLETION_HELP = `Usage: stego completion bash|zsh|fish

Prints a script that completes commands, flags and their values.

  bash  echo 'source <(stego completion bash)' >> ~/.bashrc
  zsh   echo 'source <(stego completion zsh)' >> ~/.zshrc     # after compinit
  fish  stego completion fish > ~/.config/fish/completions/stego.fish
`

/** The script for a shell. Throws `ERR_STEGO_OPTION` if there is none for it. */
export async function completionScript(entries: readonly Entry[], words: string[]): Promise<string> {
  const shell = Object.entries(SHELLS).find(([name]) => name === words[0] && words.length === 1)
  if (!shell) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `stego completion: expected bash, zsh or fish, got ${words.join(' ') || 'nothing'}. ` +
        'Run "stego completion --help" to see how scripts are installed.',
    )
  }
  const commands = entries.map(async ({ name, purpose, load }): Promise<Completed> => {
    return { name, purpose, flags: flagsOf(withQuiet(await load())) }
  })
  return shell[1](await Promise.all(commands))
}

interface Completed {
  name: string
  purpose: string
  flags: Flag[]
}

/** The spellings of a flag, without dashes. */
function spellings({ name, kind, default: standard }: Flag): string[] {
  return kind === 'boolean' && standard !== undefined ? [name, `no-${name}`] : [name]
}

function valuesOf({ choices, nullable }: Flag): string[] {
  return choices.length > 0 && nullable ? [...choices, 'none'] : choices
}

/** Cases of a shell's `case`, one for each flag with a fixed set of values. */
function valueCases(commands: Completed[], body: (values: string) => string): string[] {
  return commands.flatMap(({ name, flags }) =>
    flags
      .filter((flag) => flag.choices.length > 0)
      .map((flag) => `    ${name}:--${flag.name}) ${body(valuesOf(flag).join(' '))}; return ;;`),
  )
}

function bash(commands: Completed[]): string {
  const names = [...commands.map(({ name }) => name), 'completion', 'help', '--help', '--version']
  const reply = (words: string) => `COMPREPLY=($(compgen -W "${words}" -- "$current"))`
  const flags = commands.map(({ name, flags }) => {
    const words = flags.flatMap(spellings).map((word) => `--${word}`)
    return `    ${name}) ${reply([...words, '--help'].join(' '))} ;;`
  })
  return `_stego() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then ${reply(names.join(' '))}; return; fi
  case "$command:$previous" in
    completion:*) ${reply('bash zsh fish')}; return ;;
    help:*) ${reply(commands.map(({ name }) => name).join(' '))}; return ;;
${valueCases(commands, reply).join('\n')}
  esac
  case "$current" in -*) ;; *) return ;; esac
  case "$command" in
${flags.join('\n')}
  esac
}
complete -o default -F _stego stego
`
}

function zsh(commands: Completed[]): string {
  const described = (word: string, doc: string) => singleQuoted(`${word}:${doc}`)
  const list = commands.map(({ name, purpose }) => `      ${described(name, purpose)}`)
  const flags = commands.map(({ name, flags }) => {
    const words = flags.flatMap((flag) => spellings(flag).map((word) => described(`--${word}`, flag.doc)))
    return `    ${name}) flags=(\n${words.map((word) => `      ${word}`).join('\n')}\n    ) ;;`
  })
  return `#compdef stego
_stego() {
  local -a commands flags
  if (( CURRENT == 2 )); then
    commands=(
${list.join('\n')}
    )
    _describe command commands
    return
  fi
  case "\${words[2]}:\${words[CURRENT-1]}" in
    completion:*) compadd -- bash zsh fish; return ;;
    help:*) compadd -- ${commands.map(({ name }) => name).join(' ')}; return ;;
${valueCases(commands, (values) => `compadd -- ${values}`).join('\n')}
  esac
  case "\${words[2]}" in
${flags.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe flag flags; else _files; fi
}
# Called as a function of $fpath, or sourced.
if [[ "\${funcstack[1]}" == _stego ]]; then _stego "$@"; else compdef _stego stego; fi
`
}

function fish(commands: Completed[]): string {
  const lines = commands.flatMap(({ name, purpose, flags }) => [
    `complete -c stego -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(purpose)}`,
    ...flags.flatMap((flag) => {
      const values = valuesOf(flag)
      const takes = flag.kind === 'boolean' ? '' : values.length > 0 ? ` -x -a '${values.join(' ')}'` : ' -r'
      return spellings(flag).map(
        (word) =>
          `complete -c stego -n '__fish_seen_subcommand_from ${name}' -l ${word}${takes} -d ${fishQuoted(flag.doc)}`,
      )
    }),
  ])
  const shells = "complete -c stego -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'"
  return [...lines, shells, ''].join('\n')
}

const singleQuoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
