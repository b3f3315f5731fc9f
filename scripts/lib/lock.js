/** Allows one build at a time in a checkout, with a file that holds the builder's process ID. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './report.js'

/** Runs `work` exclusively; takes over a lock left behind by a process that is gone. */
export async function withLock(file, work) {
  mkdirSync(path.dirname(file), { recursive: true })
  for (let told = false; !take(file); ) {
    const holder = holderOf(file)
    if (holder === null) continue // just released
    if (!isAlive(holder)) {
      rmSync(file, { force: true })
      continue
    }
    if (!told)
      say(
        `waiting for another build of this checkout: process ${holder}. If it is no longer running, remove ${file}`,
      )
    told = true
    await sleep(50)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Creates the file with its content atomically, so that nobody reads it half-written. */
function take(file) {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine)
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
