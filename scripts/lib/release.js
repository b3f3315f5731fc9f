/** What a release needs beside its packages: a version that is what the tag says, and an order of publishing. */

/** What is wrong with releasing this version under this tag; empty where nothing is. */
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

/** Packages so that each comes after those it depends on, as far as they are among them: nothing published lacks any. */
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

/** Names of packages that `stego` pins in this version and that are not among these. */
export function missingPackages(packages) {
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  const wanted = packages.flatMap(({ manifest: { dependencies, optionalDependencies } }) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name.startsWith('@stego/')),
  )
  return [...new Set(wanted)].filter((name) => !names.has(name))
}
