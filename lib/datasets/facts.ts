/** Facts about the official datasets that are known without reading their files. */
import { CITYSCAPES_FACTS } from './cityscapes.js'
import { cocoFacts } from './cocostuff.js'
import type { DatasetName } from './options.js'
import { POTSDAM_FACTS } from './potsdam.js'
import type { Facts } from './source.js'

/** Classes, their names and colors; null for user-provided data. */
export function factsOf(dataset: DatasetName): Facts | null {
  switch (dataset) {
    case 'cocostuff27':
    case 'cocostuff15':
    case 'cocostuff3':
      return cocoFacts(dataset)
    case 'cityscapes':
      return CITYSCAPES_FACTS
    case 'potsdam':
    case 'potsdamraw':
      return POTSDAM_FACTS
    default:
      return null
  }
}
