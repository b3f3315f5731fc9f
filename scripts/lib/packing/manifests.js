/** The package.json of every package, made from the repository's own; all versions are pinned exactly. */
import { PLATFORMS, releasedPlatforms } from './platforms.js'

/** `stego`: without what only a checkout needs, plus the packages that complete it. */
export function stegoManifest(root) {
  const { private: _private, workspaces, scripts, devDependencies, binary, ...kept } = root
  const pinned = (names) => Object.fromEntries(names.map((name) => [name, root.version]))
  return {
    ...kept,
    ...repository(),
    dependencies: { ...root.dependencies, ...pinned(['@stego/starter']) },
    optionalDependencies: pinned(releasedPlatforms().map((platform) => `@stego/${platform}`)),
  }
}

/** `@stego/<platform>`: the addon and the libtorch opener. */
export function addonManifest(root, platform) {
  return {
    ...common(root, `@stego/${platform}`, root.version, `The native addon of stego for ${platform}`),
    ...onPlatform(platform),
    dependencies: { [`@stego/libtorch-${platform}`]: root.libtorch },
  }
}

/**
 * `@stego/<platform>-cuda13`: the addon built with CUDA, which users of a GPU install beside `stego`. Its libtorch comes from
 * `stego doctor --setup cuda`.
 */
export function cudaManifest(root, platform) {
  const description = `The native addon of stego for NVIDIA GPUs, ${platform}, CUDA 13`
  return {
    ...common(root, `@stego/${platform}-cuda13`, root.version, description),
    ...onPlatform(platform),
  }
}

export const cudaReadme = ({ name, description, version }) =>
  `# ${name}\n\n${description}: install it beside stego ${version}, run \`stego doctor --setup cuda\`, and models compute on the GPU.\n`

/** `@stego/libtorch-<platform>`: stripped libtorch, with torch's version. */
export function libtorchManifest(root, platform) {
  const description = `The libraries of libtorch ${root.libtorch} that stego needs, for ${platform}, CPU only`
  return {
    ...common(root, `@stego/libtorch-${platform}`, root.libtorch, description),
    license: 'SEE LICENSE IN LICENSE',
    ...onPlatform(platform),
    libraries: PLATFORMS[platform].libraries.map((library) => `lib/${library}`),
  }
}

/** `@stego/starter`: the weights of the starter backbone. */
export function starterManifest(root) {
  return common(
    root,
    '@stego/starter',
    root.version,
    'The starter backbone of stego: a ViT tiny for trying it out',
  )
}

/** `@stego/demo`: the scenes of `stego demo`, with stego's version. */
export function demoManifest(root, own) {
  const { homepage, bugs } = root
  return { ...own, version: root.version, homepage, bugs, repository: root.repository, ...repository() }
}

/** C++ reads these packages' files by path, so Yarn's Plug'n'Play must not keep them in archives. */
function common(root, name, version, description) {
  const { license, engines, publishConfig, homepage, bugs } = root
  return {
    name,
    version,
    description,
    license,
    engines,
    homepage,
    bugs,
    repository: root.repository,
    ...repository(),
    publishConfig,
    preferUnplugged: true,
  }
}

/**
 * The repository it is built from, in place of the one in package.json: npm provenance requires packages to name the
 * workflow's repository.
 */
export function repository({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env) {
  return server && name ? { repository: { type: 'git', url: `git+${server}/${name}.git` } } : {}
}

function onPlatform(platform) {
  const { os, cpu, libc } = PLATFORMS[platform]
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) }
}
