/** An empty folder into which a package manager installs `stego`, and which then runs README's first example. */
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeScenes } from '../../packages/demo/src/write-scenes.js'
import type { Manager } from './managers.js'
import { nodeOf } from './node-binaries.js'
import { ROOT } from './pack.js'
import { giveToNobody, type RunOptions, type Sandbox } from './sandbox.js'

export interface Conditions {
  /** Options of the installation. */
  options?: string[]
  /** Name of the project's folder. */
  folder?: string
  /** Major version of the Node that runs everything; the one that runs the tests where it is not said. */
  node?: number
  nobody?: boolean
  /** Takes the right to write from node_modules once it is installed. */
  readOnly?: boolean
}

/** Puts what the example reads into a folder: photos/, and street.jpg. */
export async function drawPhotos(folder: string): Promise<void> {
  const scenes = join(folder, 'scenes')
  await writeScenes(scenes, { train: 4, val: 1, seed: 1 })
  cpSync(join(scenes, 'imgs', 'train'), join(folder, 'photos'), { recursive: true })
  cpSync(join(scenes, 'imgs', 'val', '000.jpg'), join(folder, 'street.jpg'))
}

/** Short training: what is shown is that the example runs. */
const SHORT = "backbone: 'starter', steps: 2, batch: 2"

/** What the example's process tells at its end. */
export interface Ran {
  /** Version of Node. */
  node: string
  /** Paths of the libraries that it has open. */
  libraries: string[]
}

/** README's first example, with short training, which then tells what it ran on. */
function firstExample(): string {
  const [, code] = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!
  if (!code!.includes("backbone: 'starter'"))
    throw new Error("README's first example does not name the starter")
  return `${code!.replace("backbone: 'starter'", SHORT)}
process.report.excludeNetwork = true
const { sharedObjects: libraries } = process.report.getReport()
console.log(JSON.stringify({ node: process.versions.node, libraries }))\n`
}

export class Project {
  readonly folder: string
  private readonly options: RunOptions

  /** Makes the folders of a project in `parent`. */
  static async make(
    sandbox: Sandbox,
    manager: Manager,
    conditions: Conditions,
    parent: string,
  ): Promise<Project> {
    const node = conditions.node === undefined ? undefined : await nodeOf(conditions.node)
    return new Project(sandbox, manager, conditions, parent, node)
  }

  private constructor(
    private readonly sandbox: Sandbox,
    readonly manager: Manager,
    private readonly conditions: Conditions,
    parent: string,
    node: string | undefined,
  ) {
    const home = join(parent, 'home')
    this.folder = join(parent, conditions.folder ?? 'project')
    chmodSync(parent, 0o755) // for nobody
    for (const made of [home, this.folder]) mkdirSync(made)
    for (const [name, content] of Object.entries(manager.files)) this.write(name, content)
    const yarn = {
      YARN_NPM_REGISTRY_SERVER: sandbox.registry.replace(/\/$/, ''),
      YARN_CACHE_FOLDER: join(home, 'yarn'), // for root it would lie outside of HOME
    }
    const env = { ...manager.env, ...yarn }
    this.options = { cwd: this.folder, home, env, node, nobody: conditions.nobody ?? false }
    if (conditions.nobody) giveToNobody(parent)
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content)
  }

  async install(): Promise<void> {
    await this.sandbox.node([...this.manager.add, ...(this.conditions.options ?? [])], this.options)
    if (this.conditions.readOnly) readOnly(join(this.folder, 'node_modules'))
  }

  /** Runs README's first example on photos that lie in `from`; resolves to what its process tells. */
  async runExample(from: string): Promise<Ran> {
    for (const name of ['photos', 'street.jpg'])
      cpSync(join(from, name), join(this.folder, name), { recursive: true })
    const said = await this.run('first.mjs', firstExample())
    return JSON.parse(said.trim().split('\n').at(-1)!)
  }

  /** Writes a program and runs it as the package manager runs programs. */
  async run(name: string, code: string, ...before: string[]): Promise<string> {
    this.write(name, code)
    return this.sandbox.node([...this.manager.run, ...before, name], this.options)
  }

  /** What `stego --version` prints. */
  command(): Promise<string> {
    return this.sandbox.node(this.manager.command, this.options)
  }
}

function readOnly(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) readOnly(path)
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & ~0o222)
  }
  chmodSync(folder, lstatSync(folder).mode & ~0o222)
}

/** Bytes that the files of a folder take. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0)
}
