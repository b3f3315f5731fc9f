/** Colors are display values (gamma-encoded sRGB) as fractions; light multiplies them and may exceed 1. */
import { between, pick, type Random } from './noise.js'

/** Red, green and blue. */
export type Rgb = readonly [number, number, number]

/** The color a fraction `t` of the way from one color to another. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/** A color brightened or darkened. */
export function scale(color: Rgb, factor: number): Rgb {
  return [color[0] * factor, color[1] * factor, color[2] * factor]
}

/** A color under colored light. */
export function multiply(a: Rgb, b: Rgb): Rgb {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/** How bright a color looks. */
export function luminance(color: Rgb): number {
  return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
}

/** A color near the given one: lightness scaled by a factor within `amount`, each channel by half of that. */
export function vary(random: Random, color: Rgb, amount: number): Rgb {
  const light = 1 + between(random, -amount, amount)
  const channel = (value: number) => value * light * (1 + between(random, -amount, amount) / 2)
  return [channel(color[0]), channel(color[1]), channel(color[2])]
}

/** A color near one of a palette. */
export function pickColor(random: Random, palette: readonly Rgb[], amount = 0.1): Rgb {
  return vary(random, pick(random, palette), amount)
}
