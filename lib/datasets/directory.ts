/**
 * A user-provided folder: images directly in it, or the directory layout of the official code (data.py
 * DirectoryDataset), read by `folder.ts`. Classes are named by `classes.txt`, or by a class map that also
 * gives their ids.
 *
 * Fixed: images and labels are paired by name, and images need not all be RGB or labeled, unlike in the
 * official code.
 */
import { StegoError } from '../errors.js'
import { readClassNames } from './class-names.js'
import { isDirectoryLayout, listFolderSplits, openFolder } from './folder.js'
import type { ResolvedClassMap } from './labels.js'
import { pictureReader, type Source } from './source.js'

/**
 * @param layout `directory` requires `imgs/<split>/`, `any` also accepts a flat folder
 * @param mapping classes of the ids in label maps; null if ids are classes
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
