import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { formatEvaluation } from '../../lib/evaluation/format.js'
import { gallery, Stego } from '../../lib/index.js'
import { displayRows, displayText } from '../../lib/output/notebook.js'
import { makeDataset, SMALL } from '../support/dataset.js'

const DISPLAY = Symbol.for('Jupyter.display')
type Shown = Record<string, string>
const show = async (value: unknown): Promise<Shown> => (value as Record<symbol, () => Shown>)[DISPLAY]!()

test('models and what they make show themselves in a notebook', async (t) => {
  const data = await makeDataset(t, { train: 3, val: 2 })
  const model = await Stego.train({ ...SMALL, data })
  const shown = await show(model)
  t.regex(shown['text/html']!, /<th>classes<\/th><td>\d+/)
  t.regex(shown['text/plain']!, /^backbone: /m)

  const segmentation = await model.segment(join(data, 'imgs', 'train', '00.png'), { resolution: 32 })
  const picture = await show(segmentation)
  const { width, height, format } = await sharp(Buffer.from(picture['image/png']!, 'base64')).metadata()
  t.deepEqual([format, width, height], ['png', segmentation.width, segmentation.height])

  const correspondence = await model.correspond(join(data, 'imgs', 'train', '00.png'), null, {
    resolution: 32,
    at: [[0, 0]],
  })
  const figure = await show(correspondence)
  t.is((await sharp(Buffer.from(figure['image/png']!, 'base64')).metadata()).format, 'png')
  t.regex(figure['text/plain']!, /00\.png, 1 point$/)

  const both = gallery([segmentation, segmentation])
  t.deepEqual([...both], [segmentation, segmentation])
  const pictures = await show(both)
  t.is(pictures['text/html']!.split('<img ').length, 3)
  t.is(pictures['text/plain'], `${segmentation.source}\n${segmentation.source}`)

  const evaluation = await model.evaluate({ data, split: 'val', resolution: 32 })
  t.is((await show(evaluation))['text/plain'], formatEvaluation(evaluation))
  t.deepEqual(JSON.parse(JSON.stringify(evaluation)), { ...evaluation })
})

test('what is shown is text, not markup', (t) => {
  t.is(displayText('a < b & c')['text/html'], '<pre>a &lt; b &amp; c</pre>')
  t.is(
    displayRows([['"x"', '<y>']])['text/html'],
    '<table><tr><th>&quot;x&quot;</th><td>&lt;y&gt;</td></tr></table>',
  )
})
