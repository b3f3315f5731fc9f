/** `stego evaluate` over scripted models. */
import test from 'ava'
import { dispatch } from '../../lib/cli/dispatch.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import type { Stego } from '../../lib/stego.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

interface Scripted {
  classes?: number
  miou: number
}

/** Runs the command on models of these names; what was asked of each and which are still open come back. */
async function evaluate(models: Record<string, Scripted>, ...args: string[]) {
  const { terminal, stdout, stderr } = recordingTerminal()
  const asked: string[] = []
  const options: object[] = []
  let open = 0
  const load = async (source: string | URL) => {
    const { classes = 2, miou } = models[String(source)]!
    open++
    return {
      info: { classes },
      evaluate: async (given: object) => {
        asked.push(String(source))
        options.push(given)
        return evaluation(classes, miou)
      },
      async [Symbol.asyncDispose]() {
        open--
      },
    } as unknown as Stego
  }
  const api = { ...fakeApi({}), stego: async () => ({ train: never, load }) }
  const code = await dispatch(['evaluate', ...Object.keys(models), '--data', 'photos', ...args], {
    terminal,
    api,
    cwd: '.',
  })
  return { code, stdout: stdout(), stderr: stderr(), asked, options, open }
}

const never = () => {
  throw new Error('nothing is trained here')
}

function evaluation(classes: number, miou: number): Evaluation {
  const iou = new Array<number>(classes).fill(miou)
  const kmeans = { miou, accuracy: 50, iou, confusion: [], assignment: [] }
  const nothing = { clusterProbe: null, linearProbe: null, baselineKmeans: null, baselineLinearProbe: null }
  return { kmeans, ...nothing, images: 3, labeled: 3, split: 'val' }
}

const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!)

test('one checkpoint gives its evaluation and nothing around it', async (t) => {
  const { code, stdout, asked, open } = await evaluate({ a: { miou: 20 } }, '--json')
  t.is(code, 0)
  t.deepEqual(lastLine(stdout), JSON.parse(JSON.stringify(evaluation(2, 20))))
  t.deepEqual(asked, ['a'])
  t.is(open, 0)
})

test('several give each, the mean and the spread', async (t) => {
  const { code, stdout, asked, open } = await evaluate({ a: { miou: 20 }, b: { miou: 26 } }, '--json')
  t.is(code, 0)
  const { checkpoints, mean, spread, ...others } = lastLine(stdout)
  t.deepEqual(others, {})
  t.deepEqual(
    checkpoints.map(({ checkpoint, kmeans }: { checkpoint: string; kmeans: { miou: number } }) => [
      checkpoint,
      kmeans.miou,
    ]),
    [
      ['a', 20],
      ['b', 26],
    ],
  )
  t.deepEqual(mean.kmeans, { miou: 23, accuracy: 50, iou: [23, 23] })
  t.is(spread.kmeans.miou, Math.sqrt(18))
  t.is(mean.linearProbe, null)
  t.deepEqual(asked, ['a', 'b'])
  t.is(open, 0)
})

test('people get a table of each and one of all', async (t) => {
  const { stdout } = await evaluate({ a: { miou: 20 }, b: { miou: 26 } })
  t.regex(stdout, /^a\nval: 3 images, all labeled$/m)
  t.regex(stdout, /\n\nb\nval: /)
  t.regex(stdout, /\n\nMean of 2 and their standard deviation\n/)
  t.regex(stdout, /^Clusters \(k-means\) +23\.00 ± 4\.24 % +50\.00 ± 0\.00 %$/m)
})

test('models of different numbers of classes are refused before any is scored', async (t) => {
  const models = { a: { miou: 20 }, b: { miou: 20 }, c: { miou: 20, classes: 3 } }
  const { code, stderr, asked, open } = await evaluate(models)
  t.is(code, 1)
  t.regex(stderr, /a with 2 and c with 3.*\[ERR_STEGO_ARGUMENT\]\n$/)
  t.deepEqual(asked, [])
  t.is(open, 0)
})

test('the metric and the temperature are handed over', async (t) => {
  const defaults = (await evaluate({ a: { miou: 1 } })).options[0] as Record<string, unknown>
  t.deepEqual([defaults.matching, defaults.official, defaults.temperature], ['one-to-one', false, 2])
  const flags = ['--matching', 'many-to-one', '--official', '--temperature', '.5']
  const given = (await evaluate({ a: { miou: 1 } }, ...flags)).options[0] as Record<string, unknown>
  t.deepEqual([given.matching, given.official, given.temperature], ['many-to-one', true, 0.5])
  const wrong = await evaluate({ a: { miou: 1 } }, '--temperature', '0')
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /--temperature must be a finite number above 0, got 0/)
})
