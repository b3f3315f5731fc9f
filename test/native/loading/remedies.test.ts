/** Remedies for what the system's loader says, in its own words. */
import test from 'ava'
import { remedies } from '../../../lib/native/explain.js'
import { readPackage } from '../../../lib/native/packages.js'
import { HOST, installed } from './installation.js'

const CASES: { title: string; says: string; remedy: RegExp }[] = [
  {
    title: 'glibc that is too old',
    says: "/lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.29' not found (required by stego.node)",
    remedy: /C library is too old: glibc 2\.29 is required/,
  },
  {
    title: 'libstdc++ that is too old',
    says: "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by stego.node)",
    remedy: /libstdc\+\+6/,
  },
  {
    title: 'no OpenMP',
    says: 'libgomp.so.1: cannot open shared object file: No such file or directory',
    remedy: /libgomp1/,
  },
  {
    title: 'anything else',
    says: 'stego.node: invalid ELF header',
    remedy: /damaged or built for another machine/,
  },
]

for (const { title, says, remedy } of CASES) {
  test(`remedy: ${title}`, (t) => {
    const platformPackage = { name: '@stego/linux-x64', version: '1.2.3' }
    const stego = readPackage(installed(t, { '@stego/linux-x64/package.json': platformPackage }))
    const found = remedies({
      host: HOST,
      attempts: [{ place: 'the package @stego/linux-x64', kind: 'broken', problem: says }],
      request: { stego, platform: 'linux', arch: 'x64' },
    })
    t.true(
      found.some((line) => remedy.test(line)),
      found.join('\n'),
    )
  })
}
