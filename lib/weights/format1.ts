/** Reads runs and models of format 1, in which some options, heads and tensors had other names. */

type Values = Record<string, unknown>

/** Options by their earlier names, those that are now part of `featureStore`, and learning rates. */
const OPTIONS = new Map([
  ['crop', 'fit'],
  ['labelMap', 'classMap'],
])
const FEATURE_STORE = new Map([
  ['features', 'mode'],
  ['cacheBytes', 'memoryBytes'],
  ['storeBytes', 'diskBytes'],
  ['storeType', 'dtype'],
  ['storeFolder', 'folder'],
])
const RATES = new Map([
  ['linear', 'linearProbe'],
  ['cluster', 'clusterProbe'],
])

/** Beginnings of tensor names; the first that matches is replaced. */
const TENSORS: [string, string][] = [
  ['raw.', 'baseline.'],
  ['optimizer.cluster.', 'optimizer.cluster_probe.'],
  ['optimizer.linear.', 'optimizer.linear_probe.'],
  ['optimizer.raw_linear.raw.', 'optimizer.baseline_linear_probe.baseline.'],
  ['optimizer.raw_linear.', 'optimizer.baseline_linear_probe.'],
]

/** Returns the current name of a tensor. */
export function currentTensor(name: string): string {
  const renamed = TENSORS.find(([earlier]) => name.startsWith(earlier))
  return renamed ? renamed[1] + name.slice(renamed[0].length) : name
}

/** Returns training options under their current names. */
export function currentOptions(options: Values): Values {
  const current: Values = {}
  for (const [key, value] of Object.entries(options)) {
    const part = FEATURE_STORE.get(key)
    if (part)
      current.featureStore = {
        ...(current.featureStore as Values),
        [part]: part === 'mode' && value === 'store' ? 'disk' : value,
      }
    else if (key === 'learningRates' && isObject(value)) current[key] = currentRates(value)
    else current[OPTIONS.get(key) ?? key] = value
  }
  return current
}

function currentRates(rates: Values): Values {
  return Object.fromEntries(Object.entries(rates).map(([key, value]) => [RATES.get(key) ?? key, value]))
}

/**
 * Returns a model's record in the current format. Earlier versions that did not record `position` kept it; those that
 * allowed `auto` for `dtype` used float32.
 */
export function currentRecord(record: Values): Values {
  const { dtype, ...options } = currentOptions(isObject(record.options) ? record.options : {})
  const { labelled: labeled, ...images } = isObject(record.images) ? record.images : {}
  return {
    ...record,
    format: 2,
    options: { position: 'keep', ...options, ...(dtype !== 'auto' && { dtype }) },
    images: { ...images, labeled },
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
