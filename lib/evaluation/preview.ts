/** The rows of a contact sheet: some images of a split with their labels and predictions. */
import type { Split } from '../datasets/source.js'
import { checked, job, type NativeNetwork, type Transform } from '../native/index.js'
import type { ContactSheetRow } from '../output/contact-sheet.js'
import { predictOptions } from './predict.js'

/**
 * Predicts evenly spaced images.
 * @param assignment class of each cluster, if known from labels; without it, clusters keep their own numbers
 */
export async function previewRows(
  network: NativeNetwork,
  split: Split,
  options: { count: number; transform: Transform; assignment: number[] | null; signal?: AbortSignal },
): Promise<ContactSheetRow[]> {
  const { transform, assignment, signal } = options
  const { classes, heads } = checked(() => network.info)
  const clusterHead = heads.includes('kmeans') ? 'kmeans' : 'clusterProbe'
  const wanted = heads.filter((head) => head === clusterHead || head === 'linearProbe')
  const { items } = split
  const count = Math.min(options.count, items.length)
  const rows: ContactSheetRow[] = []
  for (let i = 0; i < count; i++) {
    const item = items[Math.floor(((i + 0.5) * items.length) / count)]!
    const { image, label } = await split.read(item)
    const [prediction] = await job(
      (_, cancel) => network.predict([image], predictOptions({ transform, heads: wanted }), cancel),
      signal,
    )
    const clusters = prediction!.labels[clusterHead]!
    rows.push({
      name: item.name,
      image: await job((native) => native.transformBytes(image, 3, transform), signal),
      label:
        label && void255(await job((native) => native.transformBytes(label, 1, transform), signal), classes),
      linearProbe: prediction!.labels.linearProbe ?? null,
      clusters: assignment ? clusters.map((cluster) => assignment[cluster]!) : clusters,
      numbers: clusters,
    })
  }
  return rows
}

/** Labels that are not classes become 255, the void value. */
function void255<T extends { data: Uint8Array }>(label: T, classes: number): T {
  return { ...label, data: label.data.map((value) => (value < classes ? value : 255)) }
}
