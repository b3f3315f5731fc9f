/** Completion, as bash does it; the other shells are run where they are installed. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { COMMANDS } from '../../lib/cli/commands.js'
import { COMPLETION_HELP, completionScript } from '../../lib/cli/completion.js'
import { dispatch } from '../../lib/cli/dispatch.js'
import { temporaryFolder } from '../support/dataset.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

const script = (shell: string) => completionScript(COMMANDS, [shell])

async function complete(...words: string[]): Promise<string[]> {
  const line = words.map((word) => `'${word}'`).join(' ')
  const code = `${await script('bash')}\nCOMP_WORDS=(stego ${line}); COMP_CWORD=${words.length}; _stego; echo "\${COMPREPLY[*]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', code], { encoding: 'utf8' })
  if (stderr !== '') throw new Error(stderr)
  return stdout.trim().split(' ')
}

test('commands, flags and values are completed', async (t) => {
  t.deepEqual(await complete('se'), ['segment'])
  t.true((await complete('')).includes('train'))
  t.deepEqual(await complete('segment', 'run', '--st'), ['--style', '--stitch'])
  t.deepEqual(await complete('segment', 'run', '--style', ''), ['overlay', 'palette', 'index'])
  t.deepEqual(await complete('segment', 'run', '--format', 'w'), ['webp'])
  t.deepEqual(await complete('segment', '--no-l'), ['--no-legend'])
  t.deepEqual(await complete('train', '--q'), ['--quiet'])
  t.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish'])
  t.deepEqual(await complete('help', 'tr'), ['train'])
  t.deepEqual(await complete('segment', 'runs/'), [''], 'files are left to the shell')
})

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the script for ${shell} is valid and names every command`, async (t) => {
    const text = await script(shell)
    for (const { name } of COMMANDS) t.true(text.includes(name), name)
    const file = join(await temporaryFolder(t), `stego.${shell}`)
    await writeFile(file, text)
    const { status, stderr, error } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    if (error) t.log(`${shell} is not installed`)
    else t.is(status, 0, stderr)
  })
}

test('fish completes commands, flags and values', async (t) => {
  const file = join(await temporaryFolder(t), 'stego.fish')
  await writeFile(file, await script('fish'))
  const lines = ['stego tr', 'stego train --fi', 'stego train --fit ', 'stego segment --style o']
  const code = [`source ${file}`, ...lines.map((line) => `complete -C '${line}'`)].join('\n')
  const { stdout, error } = spawnSync('fish', ['-c', code], { encoding: 'utf8' })
  if (error) return t.pass('fish is not installed')
  const words = stdout.trim().split('\n')
  t.deepEqual(
    words.map((word) => word.split('\t')[0]),
    ['train', '--fit', 'center', 'squash', 'overlay'],
  )
})

test('the command prints scripts, and says how to install them', async (t) => {
  const stego = async (...args: string[]) => {
    const { terminal, stdout, stderr } = recordingTerminal()
    return {
      code: await dispatch(args, { terminal, api: fakeApi({}), cwd: '.' }),
      stdout: stdout(),
      stderr: stderr(),
    }
  }
  t.is((await stego('completion', 'bash')).stdout, await script('bash'))
  for (const args of [
    ['completion', '--help'],
    ['help', 'completion'],
  ]) {
    t.is((await stego(...args)).stdout, COMPLETION_HELP)
  }
  for (const args of [['completion'], ['completion', 'tcsh'], ['completion', 'bash', 'zsh']]) {
    const { code, stderr } = await stego(...args)
    t.is(code, 2)
    t.regex(stderr, /expected bash, zsh or fish/)
  }
})
