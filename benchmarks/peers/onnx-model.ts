/** A minimal, handwritten ONNX encoder (onnx.proto): just enough for a graph with constants. */

/** A node's attribute: a float if so marked, otherwise integers. */
export type Attribute = number | number[] | { float: number }

export interface Node {
  type: string
  inputs: string[]
  outputs: string[]
  attributes?: Record<string, Attribute>
}

export interface Constant {
  name: string
  shape: number[]
  data: Float32Array | BigInt64Array
}

/** A float32 input or output tensor. */
export interface Port {
  name: string
  shape: number[]
}

export interface Graph {
  nodes: Node[]
  constants: Constant[]
  inputs: Port[]
  outputs: Port[]
}

const FLOAT = 1
const INT64 = 7
/** Values of AttributeProto.type. */
const ATTRIBUTE = { float: 1, integer: 2, integers: 7 } as const
const IR_VERSION = 10
/** The first operator set that has GELU. */
const OPSET = 20

/** The bytes of a ModelProto. */
export function encodeModel(graph: Graph): Buffer {
  return join([
    integer(1, IR_VERSION),
    text(2, 'stego'),
    message(7, encodeGraph(graph)),
    message(8, integer(2, OPSET)),
  ])
}

function encodeGraph({ nodes, constants, inputs, outputs }: Graph): Buffer {
  return join([
    ...nodes.map((node) => message(1, encodeNode(node))),
    text(2, 'backbone'),
    ...constants.map((constant) => message(5, encodeConstant(constant))),
    ...inputs.map((port) => message(11, encodePort(port))),
    ...outputs.map((port) => message(12, encodePort(port))),
  ])
}

function encodeNode({ type, inputs, outputs, attributes = {} }: Node): Buffer {
  return join([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, encodeAttribute(name, value))),
  ])
}

function encodeAttribute(name: string, value: Attribute): Buffer {
  if (typeof value === 'number') {
    return join([text(1, name), integer(3, value), integer(20, ATTRIBUTE.integer)])
  }
  if (Array.isArray(value)) {
    return join([text(1, name), ...value.map((each) => integer(8, each)), integer(20, ATTRIBUTE.integers)])
  }
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value.float)
  return join([text(1, name), tag(2, 5), bytes, integer(20, ATTRIBUTE.float)])
}

function encodeConstant({ name, shape, data }: Constant): Buffer {
  return join([
    ...shape.map((side) => integer(1, side)),
    integer(2, data instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    message(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ])
}

function encodePort({ name, shape }: Port): Buffer {
  const sides = join(shape.map((side) => message(1, integer(1, side))))
  return join([text(1, name), message(2, message(1, join([integer(1, FLOAT), message(2, sides)])))])
}

function tag(field: number, wire: number): Buffer {
  return varint((field << 3) | wire)
}

function integer(field: number, value: number): Buffer {
  return join([tag(field, 0), varint(value)])
}

function message(field: number, bytes: Buffer): Buffer {
  return join([tag(field, 2), varint(bytes.length), bytes])
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value))
}

/** Seven bits per byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const join = (parts: Buffer[]) => Buffer.concat(parts)
