/** Formats numbers and paths for people to read and type. */

/** `1 image`, `3 images`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Three significant digits. */
export function significant(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** A share of an area: `24.1 %`, and `< 0.1 %` for what would read as nothing. */
export function percent(share: number): string {
  return share > 0 && share < 0.0005 ? '< 0.1 %' : `${(100 * share).toFixed(1)} %`
}

/** Text after the number of neighbors if some may be missing. */
export function recallWords(recall: number | null): string {
  return recall === null ? '' : `, recall ${(100 * recall).toFixed(1)} % (measured on a sample)`
}

/** `8s`, `1m 29s`, `2h 05m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`
}

/** A word quoted for a shell if needed. */
export function shellWord(word: string): string {
  if (/^[\w./:@%+,=-]+$/.test(word)) return word
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}

/** `cuda:0 (NVIDIA H100 80GB HBM3)`, or `cpu`. */
export const deviceWords = (device: string, name: string | null | undefined) =>
  name ? `${device} (${name})` : device
