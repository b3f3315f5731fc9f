/** What a check has found, on disk after every row, as JSON and, for people, as Markdown. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const NAME = 'cuda-check'

/**
 * Opens the record of a folder, which an earlier call may have begun: parts that are run again replace theirs.
 * A part is { step, part, gpu, begun, status, seconds, reason?, notes, rows }; its status is ok, failed, skipped, not reached, or running, as it
 * stays where the check itself was ended.
 */
export function openRecord(folder, about) {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${NAME}.json`)
  const parts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).parts : []
  const save = () => {
    const record = { ...about, parts }
    replace(file, `${JSON.stringify(record, null, 2)}\n`)
    replace(path.join(folder, `${NAME}.md`), toMarkdown(record))
  }
  return {
    folder,
    parts,
    save,
    /** Puts a part in the place of an earlier one of its name, or last. */
    begin(step, part, gpu) {
      const begun = {
        step,
        part,
        gpu,
        begun: new Date().toISOString(),
        status: 'running',
        seconds: 0,
        notes: [],
        rows: [],
      }
      const place = parts.findIndex((other) => other.step === step && other.part === part)
      if (place < 0) parts.push(begun)
      else parts[place] = begun
      save()
      return begun
    },
    markdown: () => toMarkdown({ ...about, parts }),
  }
}

/** Written beside it first, so that a file is never half there. */
function replace(file, text) {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

const nameOf = ({ step, part }) => (step === part ? step : `${step}/${part}`)

function toMarkdown({ device, quick, made, parts }) {
  const title = `# CUDA check on ${device}${quick ? ', quick: its figures mean nothing' : ''}`
  const summary = parts.map((part) => ({
    part: nameOf(part),
    status: part.status,
    seconds: part.seconds,
    gpu: part.gpu,
    reason: part.reason,
  }))
  const sections = parts
    .filter(({ rows, notes }) => rows.length + notes.length > 0)
    .map((part) =>
      [
        `## ${nameOf(part)}`,
        ...part.notes
          .map((note) => `- ${note}`)
          .join('\n')
          .split('\n\n'),
        table(part.rows),
      ]
        .filter((text) => text !== '')
        .join('\n\n'),
    )
  return `${[title, `Begun ${made}.`, table(summary), ...sections].join('\n\n')}\n`
}

/** A table with the columns of all rows, those that are always empty left out. */
function table(rows) {
  const has = (value) => value !== undefined && value !== null && value !== ''
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => has(row[key]))))]
  if (columns.length === 0) return ''
  const cell = (value) =>
    has(value)
      ? String(value)
          .replaceAll('|', '\\|')
          .replaceAll(/\s*\n\s*/g, ' ')
      : ''
  const line = (cells) => `| ${cells.join(' | ')} |`
  const body = rows.map((row) => line(columns.map((column) => cell(row[column]))))
  return [line(columns), line(columns.map(() => '---')), ...body].join('\n')
}
