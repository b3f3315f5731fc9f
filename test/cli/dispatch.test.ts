import test from 'ava'
import { COMMANDS } from '../../lib/cli/commands.js'
import { dispatch } from '../../lib/cli/dispatch.js'
import { StegoError } from '../../lib/errors.js'
import { flagsOf } from '../../lib/options/flags.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

async function stego(args: string[], api = fakeApi({})) {
  const { terminal, stdout, stderr } = recordingTerminal()
  const code = await dispatch(args, { terminal, api, cwd: '.' })
  return { code, stdout: stdout(), stderr: stderr() }
}

test('alone it prints its help, as with --help, -h and help', async (t) => {
  const alone = await stego([])
  t.is(alone.code, 0)
  for (const { name, purpose } of COMMANDS)
    t.regex(alone.stdout, new RegExp(`${name} +${purpose.slice(0, 20)}`))
  for (const args of [['--help'], ['-h'], ['help']]) t.is((await stego(args)).stdout, alone.stdout)
})

test('prints the version', async (t) => {
  t.regex((await stego(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

for (const { name, load } of COMMANDS) {
  test(`help of ${name}: every flag, two examples, lines that fit`, async (t) => {
    const { schema, examples } = await load()
    const { code, stdout } = await stego(['help', name])
    t.is(code, 0)
    for (const flag of flagsOf(schema)) t.regex(stdout, new RegExp(`--(\\[no-\\])?${flag.name}[ \n]`))
    t.true(examples.length >= 2)
    t.deepEqual(
      stdout.split('\n').filter((line) => line.length > 100),
      [],
    )
    t.is((await stego([name, '--help'])).stdout, stdout)
    t.is((await stego([name, '-h'])).stdout, stdout)
  })
}

test('help of train: defaults with units, common flags first', async (t) => {
  const { stdout } = await stego(['help', 'train'])
  const flat = stdout.replace(/\s+/g, ' ')
  t.regex(flat, /--steps <n> [^(]*\(default: 500 steps\)/)
  t.regex(flat, /--feature-store.memory-bytes <size> [^(]*\(default: 2 GiB\)/)
  t.regex(flat, /--\[no-\]zero-clamp [^(]*\(default: on\)/)
  t.regex(flat, /--validate-every <n> [^(]*\(default: once, at the end\)/)
  t.regex(flat, /--backbone <name\|file> [^(]*\(default: dino-vits8\)/)
  const places = ['--data', '--classes', '--steps', '--out', '--dim', '--threads'].map((flag) =>
    stdout.indexOf(`  ${flag} `),
  )
  t.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  )
})

test('usage errors: exit code 2, one line on stderr with the code, nothing on stdout', async (t) => {
  const cases: [args: string[], message: RegExp][] = [
    [['trian'], /^stego: unknown command trian\. Did you mean train\?/],
    [['--data', 'x'], /^stego: expected a command before --data: train, /],
    [['help', 'sgment'], /Did you mean segment\?/],
    [['train', '--bacth', '3'], /^stego train: unknown flag --bacth\. Did you mean --batch\?/],
    [['train'], /^stego train: --data is missing: expected the folder of images/],
    [['train', '--data', 'x', '--batch', '1'], /^stego train: --batch must be an integer of at least 2/],
    [['train', './photos'], /expected flags only; pass the image folder with --data, got ".\/photos"/],
    [['train', '--resume', 'r', '--classes', '3'], /^stego train: --classes cannot change/],
    [
      ['evaluate', '--data', 'x'],
      /expected a run folder or a checkpoint, got nothing\. Usage: stego evaluate /,
    ],
    [['evaluate', 'run'], /^stego evaluate: --data is missing/],
    [['segment', 'run'], /expected a run folder or a checkpoint, then images or folders, got "run"/],
    [['inspect', 'a', 'b'], /expected a weight file or a run folder, got "a" "b"/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await stego(args)
    t.is(code, 2, args.join(' '))
    t.is(stdout, '')
    t.regex(stderr, message)
    t.regex(stderr, /^[^\n]+ \[ERR_STEGO_OPTION\]\n$/)
  }
})

test('with --json the error is the last line of stdout as well', async (t) => {
  const { code, stdout } = await stego(['train', '--json', '--steps', '0'])
  t.is(code, 2)
  const { error } = JSON.parse(stdout)
  t.is(error.code, 'ERR_STEGO_OPTION')
  t.regex(error.message, /--steps must be/)
})

test('a failure has exit code 1 and names its cause', async (t) => {
  const cause = new Error('EIO: disk on fire')
  const failure = new StegoError('ERR_STEGO_CHECKPOINT', 'the file is damaged', { cause })
  const api = fakeApi({ inspectWeights: () => Promise.reject(failure) })
  const { code, stderr } = await stego(['inspect', 'x'], api)
  t.is(code, 1)
  t.is(stderr, 'stego: the file is damaged [ERR_STEGO_CHECKPOINT]\n  caused by: EIO: disk on fire\n')
})

test('a failure nobody foresaw shows where it came from', async (t) => {
  const api = fakeApi({ inspectWeights: () => Promise.reject(new TypeError('x is not a function')) })
  const { code, stdout, stderr } = await stego(['inspect', 'x', '--json'], api)
  t.is(code, 1)
  t.regex(stderr, /^stego: x is not a function\n {4}at .*dispatch\.test/)
  t.deepEqual(JSON.parse(stdout), { error: { code: null, message: 'x is not a function' } })
})
