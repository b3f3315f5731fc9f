/** A model in rows of a name and a text, for notebooks and `stego inspect`. */
import { count, deviceWords, significant } from '../output/words.js'
import { describePosition } from '../position/position.js'
import type { ModelInfo, StoredModelInfo } from '../weights/model-file.js'

/**
 * @param assumed values that the file of the model does not hold, such as `step` or `options.seed`; they are left out
 */
export function modelRows(
  model: StoredModelInfo & Partial<Pick<ModelInfo, 'device' | 'deviceName'>>,
  assumed: string[] = [],
): [name: string, text: string][] {
  const { classes, classNames, dim, projection, backbone, position, heads, shifts, notes } = model
  const { device, deviceName } = model
  const { self, knn, random } = shifts ?? {}
  return [
    ['classes', classNames ? `${classes}: ${classNames.join(', ')}` : String(classes)],
    ['code', `${dim} channels, ${projection ?? 'no'} head`],
    ['backbone', `${backbone.name}, ${backbone.dim} wide, patch ${backbone.patch}`],
    ...(position ? [['position', describePosition(position)] as [string, string]] : []),
    ['heads', heads.join(', ')],
    ...(device ? [['device', deviceWords(device, deviceName)] as [string, string]] : []),
    ['trained', trainedText(model, assumed)],
    ...notes.map((note): [string, string] => ['note', note]),
    ...(shifts
      ? [
          [
            'shifts',
            `self ${significant(self!)}, knn ${significant(knn!)}, random ${significant(random!)}`,
          ] as [string, string],
        ]
      : []),
  ]
}

function trainedText({ step, options }: StoredModelInfo, assumed: string[]): string {
  const known = (name: string, text: string) => (assumed.includes(name) ? '' : text)
  const steps = known('step', count(step, 'step'))
  const batch = known('options.batch', `${steps && ' of '}${options.batch} images${steps ? '' : ' per step'}`)
  const seed = known('options.seed', `, seed ${options.seed}`)
  return `${steps}${batch}${known('options.data', ` from ${options.data}`)}${seed}`.trim() || 'unknown'
}
