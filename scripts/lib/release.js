/** Release checks besides the packages: the version must match the tag, and packages are published in order. */

/** What is wrong with releasing this version under this tag; empty if nothing is. */
export function releaseProblems(tag, version, changelog) {
  return [
    ...(tag === `v${version}`
      ? []
      : [`the tag is ${tag}, package.json says ${version}: expected v${version}`]),
    ...(changelog.split('\n').some((line) => line.startsWith(`## ${version}`))
      ? []
      : [`CHANGELOG.md has no section "## ${version}"`]),
  ]
}

/** Sorts packages so that each comes after its dependencies among them: no published package lacks one. */
export function publishingOrder(packages) {
  const byName = new Map(packages.map((entry) => [entry.manifest.name, entry]))
  const ordered = new Set()
  const add = (entry) => {
    const { dependencies = {}, optionalDependencies = {} } = entry.manifest
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (byName.has(name) && !ordered.has(byName.get(name))) add(byName.get(name))
    }
    ordered.add(entry)
  }
  for (const entry of packages) add(entry)
  return [...ordered]
}

/** Names of packages that `stego` pins to this version and that are missing here. */
export function missingPackages(packages) {
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  const wanted = packages.flatMap(({ manifest: { dependencies, optionalDependencies } }) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name.startsWith('@stego/')),
  )
  return [...new Set(wanted)].filter((name) => !names.has(name))
}
