/** Sums in float32, added in the order in which the official figures were. */

/** Float32 values in a register of AVX2, and registers that are added to in turn. */
const LANES = 8
const REGISTERS = 4

/**
 * Sums in float32 as PyTorch does on a CPU with AVX2, to the same last digit for up to 512 values: eight values at a
 * time, lane by lane, then those left over, then the lanes; fewer than eight as though a lane were all there is. Other
 * CPUs add in another order there too.
 */
export function sumFloats(values: number[]): number {
  if (values.length < LANES) return sumLanes(values, 1)[0]!
  const whole = values.length - (values.length % LANES)
  const rest = values.slice(whole).reduce(add, 0)
  return sumLanes(values.slice(0, whole), LANES).reduce(add, rest)
}

/** Sums of every `lanes`-th value, [lanes], over registers that take turns and are added up at the end. */
function sumLanes(values: number[], lanes: number): number[] {
  const rows = Math.floor(values.length / lanes)
  const turns = rows - (rows % REGISTERS)
  const registers = Array.from({ length: REGISTERS }, () => new Array<number>(lanes).fill(0))
  for (const [place, value] of values.entries()) {
    const row = Math.floor(place / lanes)
    const register = registers[row < turns ? row % REGISTERS : 0]!
    register[place % lanes] = add(register[place % lanes]!, value)
  }
  return registers.reduce((sums, register) => sums.map((sum, lane) => add(sum, register[lane]!)))
}

function add(a: number, b: number): number {
  return Math.fround(a + b)
}
