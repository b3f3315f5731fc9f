/** Importing the package and asking for help must not load the addon, let alone libtorch, nor the image library. */
import { spawnSync } from 'node:child_process'
import test from 'ava'

/** Libraries of ours, of libtorch and of sharp that a process has open after running this module. */
function opened(code: string): string[] {
  const lib = new URL('../../../lib/', import.meta.url).href
  const script = `
    ${code.replaceAll('@', lib)}
    const { sharedObjects } = process.report.getReport()
    console.error(JSON.stringify(sharedObjects.filter((name) => /stego\\.node|libtorch|libc10|sharp|vips/.test(name))))`
  const options = ['--import=tsx', '--input-type=module', '-e', script]
  const { status, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stderr.trim().split('\n').at(-1)!)
}

test("import 'stego' does not load the addon", (t) => {
  t.deepEqual(opened("await import('@index.ts')"), [])
})

test('stego --help does not load the addon', (t) => {
  t.deepEqual(opened("process.argv.push('--help'); await import('@cli/main.ts')"), [])
  t.deepEqual(opened("process.argv.push('train', '--help'); await import('@cli/main.ts')"), [])
})

test('the addon is seen where it is loaded', (t) => {
  const names = opened("(await import('@native/index.ts')).addon()")
  t.true(names.some((name) => name.endsWith('stego.node')))
  t.true(names.some((name) => name.includes('torch_cpu')))
})
