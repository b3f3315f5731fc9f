/** How much of the images each cluster covers: as a CSV file, and in sum. */
import type { Segmentation } from '../output/segmentation.js'
import { count, percent } from '../output/words.js'
import { writeWhole } from '../write-whole.js'

/** Lines of the summary, at most. */
const MOST_LINES = 12
const HEADER = ['image', 'cluster', 'name', 'pixels', 'share']

/** Collects the areas of segmentations. */
export class Areas {
  readonly #rows: string[] = []
  readonly #totals: number[] = []
  #names: string[] | null = null
  #pixels = 0
  #images = 0

  /** Counts a segmentation; `image` is its name in the file. */
  add(image: string, { labels, classNames, classes }: Segmentation): void {
    const counts = Array.from({ length: classes }, () => 0)
    for (const label of labels) {
      if (label < classes) counts[label]! += 1
    }
    for (const [cluster, pixels] of counts.entries()) {
      const share = pixels / labels.length
      this.#rows.push(csvLine([image, cluster, classNames?.[cluster] ?? '', pixels, share]))
      this.#totals[cluster] = (this.#totals[cluster] ?? 0) + pixels
    }
    this.#names = classNames
    this.#pixels += labels.length
    this.#images += 1
  }

  /** Writes one row per image and cluster, clusters that cover nothing included. */
  async write(file: string): Promise<void> {
    await writeWhole(file, Buffer.from([csvLine(HEADER), ...this.#rows].join('')))
  }

  /** A table of the clusters and their shares over all images, largest first. */
  summary(): string {
    const present = this.#totals
      .map((pixels, cluster) => ({ cluster, share: pixels / this.#pixels }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share)
    const cells = present.slice(0, MOST_LINES).map(({ cluster, share }) => {
      return [String(cluster), this.#names?.[cluster] ?? '', percent(share)] as const
    })
    const rest = present.slice(MOST_LINES)
    const restShare = rest.reduce((sum, { share }) => sum + share, 0)
    const widest = Math.max(...cells.map(([, name]) => name.length), 0)
    return [
      `clusters by their share of ${count(this.#images, 'image')}:`,
      ...cells.map(([cluster, name, share]) => {
        const middle = widest === 0 ? '' : `  ${name.padEnd(widest)}`
        return `  ${cluster.padStart(3)}${middle}  ${share.padStart(7)}`
      }),
      ...(rest.length > 0 ? [`  and ${count(rest.length, 'other')}: ${percent(restShare)}`] : []),
    ].join('\n')
  }
}

function csvLine(fields: (string | number)[]): string {
  return `${fields.map((field) => quoted(String(field))).join(',')}\n`
}

/** A field of a CSV file (RFC 4180), in quotes where it needs them. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
