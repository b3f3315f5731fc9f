/** Releasing: tag and changelog, the order of publishing, and workflows that name what is there. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { load, temporaryFolder, writeFiles } from './scripts.js'

const { releaseProblems } = await load('lib/release.js')
const { cudaManifest, cudaReadme, repository } = await load('lib/packing/manifests.js')
const { packagesOf, releasedPackages } = await load('lib/packing/packages.js')
const { PLATFORMS } = await load('lib/packing/platforms.js')

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('a tag must be the version, and the changelog must have it', (t) => {
  const changelog = '# Changelog\n\n## 1.2.3 - 2026-01-01\n'
  t.deepEqual(releaseProblems('v1.2.3', '1.2.3', changelog), [])
  t.is(releaseProblems('v1.2.4', '1.2.3', changelog).length, 1)
  t.is(releaseProblems('v1.3.0', '1.3.0', changelog).length, 1)
})

test('packages name the repository of the workflow that makes them', (t) => {
  const env = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'someone/stego' }
  t.deepEqual(repository(env), {
    repository: { type: 'git', url: 'git+https://git.example/someone/stego.git' },
  })
  t.deepEqual(repository({}), {})
})

test('the addon for CUDA is a package of its own, with the version of stego and without libtorch', (t) => {
  const root = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  const manifest = cudaManifest(root, 'linux-x64')
  t.like(manifest, { name: '@stego/linux-x64-cuda13', version: root.version, os: ['linux'], cpu: ['x64'] })
  t.is(manifest.dependencies, undefined)
  t.regex(cudaReadme(manifest), /NVIDIA GPUs.*`stego doctor --setup cuda`/)
  t.true('cuda' in packagesOf('linux-x64'))
  t.false('cuda' in packagesOf('darwin-arm64'))
  t.false(releasedPackages('linux-x64').includes('cuda'), 'packed by name alone')
})

/** Tarballs with nothing but a package.json. */
function tarballs(t: ExecutionContext, manifests: object[]): string {
  const folder = temporaryFolder(t)
  for (const [n, manifest] of manifests.entries()) {
    writeFiles(folder, { [`${n}/package/package.json`]: JSON.stringify(manifest) })
    execFileSync('tar', ['-czf', `${n}.tgz`, '-C', String(n), 'package'], { cwd: folder })
  }
  return folder
}

const RELEASE = [
  {
    name: 'stego',
    version: '1.0.0',
    dependencies: { '@stego/starter': '1.0.0', zod: '4.0.0' },
    optionalDependencies: { '@stego/linux-x64': '1.0.0' },
  },
  { name: '@stego/linux-x64', version: '1.0.0', dependencies: { '@stego/libtorch-linux-x64': '2.13.0' } },
  { name: '@stego/libtorch-linux-x64', version: '2.13.0' },
  { name: '@stego/starter', version: '1.0.0' },
]

/** Runs `publish` with a program in npm's place, which knows these versions and notes what it is to publish. */
function publish(t: ExecutionContext, manifests: object[], published: string[]) {
  const bin = temporaryFolder(t)
  const log = path.join(bin, 'published')
  writeFileSync(log, '')
  const npm = `#!${process.execPath}
    const { appendFileSync } = require('node:fs')
    const { execFileSync } = require('node:child_process')
    const [command, what] = process.argv.slice(2)
    if (command === 'view') {
      if (${JSON.stringify(published)}.includes(what)) console.log('"there"')
      else { console.error('npm error code E404'); process.exitCode = 1 }
    } else {
      const { name } = JSON.parse(execFileSync('tar', ['-xOzf', what, 'package/package.json'], { encoding: 'utf8' }))
      appendFileSync(${JSON.stringify(log)}, name + '\\n')
    }`
  writeFileSync(path.join(bin, 'npm'), npm, { mode: 0o755 })
  const script = path.join(ROOT, 'scripts', 'release.js')
  const { status, stderr } = spawnSync(process.execPath, [script, 'publish', tarballs(t, manifests)], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  })
  return { status, stderr, names: readFileSync(log, 'utf8').trim().split('\n') }
}

test('packages are published after those they need, and not twice', (t) => {
  const whole = publish(t, RELEASE, [])
  t.deepEqual(whole.names, ['@stego/starter', '@stego/libtorch-linux-x64', '@stego/linux-x64', 'stego'])
  const again = publish(t, RELEASE, ['@stego/libtorch-linux-x64@2.13.0', '@stego/starter@1.0.0'])
  t.is(again.status, 0)
  t.deepEqual(again.names, ['@stego/linux-x64', 'stego'])
})

test('a release without one of its packages is not published', (t) => {
  const { status, stderr, names } = publish(t, RELEASE.slice(0, 3), [])
  t.is(status, 1)
  t.regex(stderr, /missing: @stego\/starter/)
  t.deepEqual(names, [''])
})

interface Job {
  strategy?: { matrix: { include?: { platform: string; released: boolean }[] } }
  steps: { run?: string; with?: { pattern?: string } }[]
}

const workflow = (name: string): { jobs: Record<string, Job> } =>
  parse(readFileSync(path.join(ROOT, '.github', 'workflows', name), 'utf8'))

test('workflows run scripts and files that are there', (t) => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  for (const name of readdirSync(path.join(ROOT, '.github', 'workflows'))) {
    const commands = Object.values(workflow(name).jobs)
      .flatMap(({ steps }) => steps.map(({ run = '' }) => run))
      .join('\n')
    for (const [, script] of commands.matchAll(/npm run (\S+)/g)) t.true(script! in scripts, script)
    for (const [file] of commands.matchAll(/scripts\/\S+\.js|\.ci\/run/g))
      t.true(existsSync(path.join(ROOT, file)), file)
  }
})

test('the release builds every platform, and publishes those that are released', (t) => {
  const { native, packages } = workflow('release.yml').jobs
  const built = Object.fromEntries(
    native!.strategy!.matrix.include!.map(({ platform, released }) => [platform, released]),
  )
  const known = Object.entries<{ released: boolean }>(PLATFORMS).map(([name, { released }]) => [
    name,
    released,
  ])
  t.deepEqual(built, Object.fromEntries(known))
  const taken = packages!.steps.flatMap((step) => (step.with?.pattern ? [step.with.pattern] : []))
  t.deepEqual(
    taken,
    known.filter(([, released]) => released).map(([name]) => `native-${name}`),
  )
})
