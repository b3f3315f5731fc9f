/**
 * A folder of one's own: images directly in it, or the directory layout of the official code (data.py
 * DirectoryDataset), read by `../folder.ts`. Classes are named by `classes.txt`, or by a class map that also
 * says which ids they are.
 *
 * Mended against the official code: images and labels are paired by name, images need not be RGB nor all labeled.
 */
import { StegoError } from '../errors.js'
import { readClassNames } from './class-names.js'
import { isDirectoryLayout, listFolderSplits, openFolder } from './folder.js'
import type { ResolvedClassMap } from './labels.js'
import { pictureReader, type Source } from './source.js'

/**
 * @param layout `directory` insists on `imgs/<split>/`, `any` takes a flat folder as well
 * @param mapping classes of the ids in label maps; null where ids are classes
 */
export function directorySource(layout: 'directory' | 'any', mapping: ResolvedClassMap | null): Source {
  const check = async (data: string) => {
    if (layout === 'any' || (await isDirectoryLayout(data))) return
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${data} has no imgs/<split>/, which the dataset "directory" requires. Pass the parent folder of imgs, or use the ` +
        'dataset "auto" for a folder with images directly in it.',
    )
  }
  return {
    async listSplits(data) {
      await check(data)
      return listFolderSplits(data)
    },
    async open(data, split) {
      await check(data)
      const { items } = await openFolder(data, split)
      return {
        items,
        classes: mapping?.classes ?? null,
        classNames: mapping?.names ?? (await readClassNames(data)),
        palette: null,
        read: pictureReader({ table: mapping?.table ?? null, salientFrom: 1 }),
      }
    },
  }
}
