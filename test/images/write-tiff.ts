/** Writes uncompressed little-endian TIFFs of any type of samples. */

type Values = Float32Array | Float64Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Uint8Array

export interface TiffFields {
  width: number
  height: number
  bands?: number
  /** Whether bands lie one after the other; `values` are then given band by band. */
  planar?: boolean
  /** 0 white is 0, 1 black is 0, 2 RGB. */
  photometric?: number
  extraSamples?: number[]
  orientation?: number
}

const SHORT = 3
const LONG = 4

export function writeTiff(values: Values, fields: TiffFields): Buffer {
  const { width, height, bands = 1, planar = false, photometric = bands >= 3 ? 2 : 1 } = fields
  const format = values.constructor.name.startsWith('Float')
    ? 3
    : values.constructor.name.startsWith('Int')
      ? 2
      : 1
  const pixels = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  const planes = planar ? bands : 1
  const each = values.byteLength / planes
  const tags: [tag: number, type: number, values: number[]][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array(bands).fill(8 * values.BYTES_PER_ELEMENT)],
    [259, SHORT, [1]],
    [262, SHORT, [photometric]],
    [273, LONG, Array.from({ length: planes }, (_, plane) => 8 + plane * each)],
    [274, SHORT, [fields.orientation ?? 1]],
    [277, SHORT, [bands]],
    [278, LONG, [height]],
    [279, LONG, Array(planes).fill(each)],
    [284, SHORT, [planar ? 2 : 1]],
    ...(fields.extraSamples ? [[338, SHORT, fields.extraSamples] as [number, number, number[]]] : []),
    [339, SHORT, Array(bands).fill(format)],
  ]
  const directory = 8 + pixels.length
  const head = Buffer.alloc(2 + 12 * tags.length + 4)
  head.writeUInt16LE(tags.length, 0)
  const long: Buffer[] = []
  let end = directory + head.length
  for (const [index, [tag, type, list]] of tags.entries()) {
    const at = 2 + 12 * index
    const size = type === SHORT ? 2 : 4
    const body = Buffer.alloc(Math.max(4, size * list.length))
    for (const [i, value] of list.entries()) {
      if (type === SHORT) body.writeUInt16LE(value, 2 * i)
      else body.writeUInt32LE(value, 4 * i)
    }
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(list.length, at + 4)
    if (body.length === 4) body.copy(head, at + 8)
    else {
      head.writeUInt32LE(end, at + 8)
      long.push(body)
      end += body.length
    }
  }
  const start = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])
  start.writeUInt32LE(directory, 4)
  return Buffer.concat([start, pixels, head, ...long])
}
