/** A model in rows of a name and a text, for notebooks and `stego inspect`. */
import { count, significant } from '../output/words.js'
import { describePosition } from '../position/position.js'
import type { ModelInfo } from '../weights/model-file.js'

export function modelRows(model: ModelInfo): [name: string, text: string][] {
  const { classes, classNames, dim, projection, backbone, position, step, heads, options, shifts, notes } =
    model
  const { self, knn, random } = shifts ?? {}
  return [
    ['classes', classNames ? `${classes}: ${classNames.join(', ')}` : String(classes)],
    ['code', `${dim} channels, ${projection ?? 'no'} head`],
    ['backbone', `${backbone.name}, ${backbone.dim} wide, patch ${backbone.patch}`],
    ...(position ? [['position', describePosition(position)] as [string, string]] : []),
    ['heads', heads.join(', ')],
    [
      'trained',
      `${count(step, 'step')} of ${options.batch} images from ${options.data}, seed ${options.seed}`,
    ],
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
