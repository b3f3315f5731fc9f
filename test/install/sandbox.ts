/**
 * Where packages are installed for tests: folders of their own, a PATH with Node and a shell's own tools, no compiler and no
 * Python, and, where the tests run as root on Linux, a network of its own that reaches nothing but the registry.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pack } from './pack.js'

/** The user `nobody`. */
const NOBODY = 65534

const isRoot = process.getuid?.() === 0

/** Whether a network of its own can be had. */
const isolates =
  process.platform === 'linux' &&
  isRoot &&
  spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0

const REGISTRY = fileURLToPath(new URL('registry.ts', import.meta.url))

/** Where a tool of the system lies. */
const fileOf = (tool: string) => ['/bin', '/usr/bin'].map((place) => join(place, tool)).find(existsSync)

/** What scripts around a package's command call; pnpm writes such. */
const SHELL_TOOLS = ['sh', 'sed', 'dirname', 'uname']

export interface RunOptions {
  cwd: string
  /** Holds caches and settings. */
  home: string
  env?: Record<string, string>
  /** The program of Node; the one that runs the tests where it is not said. */
  node?: string
  /** As the user `nobody`; counts where the tests run as root. */
  nobody?: boolean
}

export class Sandbox {
  private constructor(
    /** Address of the registry. */
    readonly registry: string,
    private readonly server: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Packs everything into a folder, which must be empty, and starts the registry. */
  static async start(folder: string): Promise<Sandbox> {
    const tarballs = join(folder, 'tarballs')
    mkdirSync(tarballs)
    chmodSync(folder, 0o755) // for nobody
    const files = pack(tarballs).map(({ file }) => file)
    const program = [process.execPath, '--import=tsx', REGISTRY, tarballs, ...files]
    const [command, ...args] = isolates
      ? ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...program]
      : program
    const server = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [address] = await once(server.stdout!, 'data')
    return new Sandbox(String(address).trim(), server, folder)
  }

  stop(): void {
    this.server.kill()
  }

  /** What it keeps away, in words. */
  get walls(): string {
    const network = isolates ? 'a network of its own' : "the machine's network"
    return `${network}, run as ${isRoot ? 'root where not said otherwise' : 'an ordinary user'}`
  }

  /** The folder that is the PATH: Node, as the programs of packages find it, and a shell's own tools. */
  private path(node: string): string {
    const bin = join(this.folder, `bin-${createHash('sha256').update(node).digest('hex').slice(0, 8)}`)
    if (existsSync(bin)) return bin
    mkdirSync(bin)
    symlinkSync(node, join(bin, 'node'))
    for (const tool of SHELL_TOOLS) {
      const file = fileOf(tool)
      if (file) symlinkSync(file, join(bin, tool))
    }
    return bin
  }

  /** Runs Node with these arguments; resolves to what it printed, rejects with all of it where it fails. */
  async node(args: string[], options: RunOptions): Promise<string> {
    const { cwd, home, env, node = process.execPath, nobody = false } = options
    const user = nobody && isRoot ? NOBODY : null
    const program = [node, ...args]
    const entered = [fileOf('nsenter')!, '-t', `${this.server.pid}`, '-n', '--', ...program]
    const [command, ...rest] = isolates ? asUser(user, entered) : program
    const child = spawn(command!, rest, {
      cwd,
      env: { HOME: home, PATH: this.path(node), npm_config_registry: this.registry, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user !== null && !isolates && { uid: user, gid: user }),
    })
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'exit'),
    ])
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
    return stdout
  }
}

/** nsenter's arguments, with those that change the user once inside. */
function asUser(user: number | null, [nsenter, ...args]: string[]): string[] {
  return [nsenter!, ...(user === null ? [] : ['-S', `${user}`, '-G', `${user}`]), ...args]
}

/** Gives a tree to the user `nobody`, where the tests run as root. */
export function giveToNobody(folder: string): void {
  if (isRoot) spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder])
}
