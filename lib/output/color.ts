/** Colors, and how different they look. */

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number]

/** A color in CIELAB, where distances are those that people see. */
export type Lab = readonly [lightness: number, a: number, b: number]

/** How different two colors look: their distance in CIELAB, where 2 is just visible. */
export function colorDistance(a: Color, b: Color): number {
  return Math.sqrt(squaredDistance(toLab(a), toLab(b)))
}

/** The square of the distance. */
export function squaredDistance(a: Lab, b: Lab): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
}

/** 8-bit sRGB to CIELAB under daylight (D65). */
export function toLab(color: Color): Lab {
  const [red, green, blue] = color.map(toLinear) as [number, number, number]
  const x = compress((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
  const y = compress(0.2126729 * red + 0.7151522 * green + 0.072175 * blue)
  const z = compress((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function toLinear(value: number): number {
  const share = value / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

function compress(share: number): number {
  return share > 216 / 24389 ? Math.cbrt(share) : ((24389 / 27) * share + 16) / 116
}
