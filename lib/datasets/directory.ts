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
import { type ResolvedClassMap, withoutIds } from './labels.js'
import { pictureReader, type Source } from './source.js'

/** How a folder of one's own is read. */
interface DirectoryOptions {
  /** Classes of the ids in label maps; null if ids are classes. */
  mapping: ResolvedClassMap | null
  /** Ids that are void. */
  ignored: number[]
  /** Whether to search subfolders. */
  recursive: boolean
}

/**
 * @param layout `directory` requires `imgs/<split>/`, `any` also accepts a flat folder
 */
export function directorySource(layout: 'directory' | 'any', options: DirectoryOptions): Source {
  const { mapping, ignored, recursive } = options
  const check = async (data: string) => {
    if (layout === 'any' || (await isDirectoryLayout(data, recursive))) return
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${data} has no imgs/<split>/, which the dataset "directory" requires. Pass the parent folder of imgs, or use the ` +
        'dataset "auto" for a folder with images directly in it.',
    )
  }
  return {
    async listSplits(data) {
      await check(data)
      return listFolderSplits(data, recursive)
    },
    async open(data, split) {
      await check(data)
      const { items, unused } = await openFolder(data, split, recursive)
      const table =
        ignored.length > 0 ? withoutIds(mapping?.table ?? null, ignored) : (mapping?.table ?? null)
      return {
        items,
        classes: mapping?.classes ?? null,
        classNames: mapping?.names ?? (await readClassNames(data)),
        palette: null,
        own: { unused, table, ignored: [...ignored, ...(mapping?.voidIds ?? [])] },
        read: pictureReader({ table, salientFrom: 1 }),
      }
    },
  }
}
