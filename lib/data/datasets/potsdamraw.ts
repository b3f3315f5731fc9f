/**
 * Potsdam cut into patches (data.py PotsdamRaw): `potsdamraw/processed/imgs/<image>_<row>_<column>.mat`, 38
 * images of 15 x 15 patches, row by row, and `gt/` beside. There are no splits: whatever its name, a split
 * holds all patches, as in the official code.
 */
import { datasetFolder } from './files.js'
import { listMats, POTSDAM_FACTS, readMats } from './potsdam.js'
import { checkSplit, type Source } from './source.js'

const SPLITS = ['train', 'val', 'all']
const IMAGES = 38
/** Patches a side of an image. */
export const POTSDAM_GRID = 15

export const potsdamRawSource: Source = {
  async listSplits(data) {
    await datasetFolder(data, 'potsdamraw/processed', 'imgs')
    return SPLITS
  },
  async open(data, split) {
    const root = await datasetFolder(data, 'potsdamraw/processed', 'imgs')
    checkSplit(split, SPLITS, root)
    const ids = Array.from({ length: IMAGES * POTSDAM_GRID ** 2 }, (_, patch) => {
      const column = patch % POTSDAM_GRID
      const row = Math.floor(patch / POTSDAM_GRID) % POTSDAM_GRID
      return `${Math.floor(patch / POTSDAM_GRID ** 2)}_${row}_${column}`
    })
    const why = `the grid of ${IMAGES} x ${POTSDAM_GRID} x ${POTSDAM_GRID} patches`
    return { ...POTSDAM_FACTS, items: await listMats(root, ids, why), read: readMats }
  },
}
