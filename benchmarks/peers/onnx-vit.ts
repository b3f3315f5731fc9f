/** A vision transformer as an ONNX graph, the way PyTorch's exporters write DINO's: attention written out. */
import type { Tensor } from '../../lib/native/index.js'
import { type Attribute, type Constant, encodeModel, type Node } from './onnx-model.js'

export interface VitShape {
  batch: number
  side: number
  dim: number
  depth: number
  heads: number
  patch: number
}

/**
 * The bytes of a model that maps images [B, 3, side, side], `image`, to the last block's features without the class
 * token [B, C, h * w], `features`.
 * @param weights under DINO's names
 * @param positions of the class token and the patches, [1, 1 + h * w, C], resampled to this size
 */
export function encodeVit(weights: Record<string, Tensor>, positions: Tensor, shape: VitShape): Buffer {
  const { batch, side, dim, depth, heads, patch } = shape
  const count = (side / patch) ** 2
  const constants: Constant[] = [{ ...positions, name: 'positions' } as Constant]
  const nodes: Node[] = []
  let made = 0

  const constant = (data: Float32Array | BigInt64Array, sides: number[]) => {
    const name = `constant${made++}`
    constants.push({ name, shape: sides, data })
    return name
  }
  const integers = (...values: number[]) => constant(BigInt64Array.from(values, BigInt), [values.length])
  const weight = (name: string) => {
    const { data, shape: sides } = weights[name]!
    return constant(data, sides)
  }
  const node = (type: string, inputs: string[], attributes: Record<string, Attribute> = {}, outputs = 1) => {
    const names = Array.from({ length: outputs }, () => `value${made++}`)
    nodes.push({ type, inputs, outputs: names, attributes })
    return names as [string, ...string[]]
  }
  const linear = (input: string, name: string) => {
    const [product] = node('MatMul', [input, transposed(weights[`${name}.weight`]!)])
    return node('Add', [product, weight(`${name}.bias`)])[0]
  }
  const transposed = ({ data, shape: [rows, columns] }: Tensor) => {
    const turned = new Float32Array(data.length)
    for (let r = 0; r < rows!; r++) {
      for (let c = 0; c < columns!; c++) turned[c * rows! + r] = data[r * columns! + c]!
    }
    return constant(turned, [columns!, rows!])
  }
  const norm = (input: string, name: string) =>
    node('LayerNormalization', [input, weight(`${name}.weight`), weight(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: 1e-6 },
    })[0]

  const attention = (input: string, name: string) => {
    const [split] = node('Reshape', [
      linear(input, `${name}.qkv`),
      integers(batch, 1 + count, 3, heads, dim / heads),
    ])
    const [turned] = node('Transpose', [split], { perm: [2, 0, 3, 1, 4] })
    const [queries, keys, values] = [0, 1, 2].map(
      (part) => node('Gather', [turned, constant(BigInt64Array.of(BigInt(part)), [])], { axis: 0 })[0],
    ) as [string, string, string]
    const [keysTurned] = node('Transpose', [keys], { perm: [0, 1, 3, 2] })
    const [scores] = node('MatMul', [queries, keysTurned])
    const [scaled] = node('Mul', [scores, constant(Float32Array.of((dim / heads) ** -0.5), [])])
    const [mixed] = node('MatMul', [node('Softmax', [scaled], { axis: -1 })[0], values])
    const [joined] = node('Transpose', [mixed], { perm: [0, 2, 1, 3] })
    return linear(node('Reshape', [joined, integers(batch, 1 + count, dim)])[0], `${name}.proj`)
  }

  const [grid] = node('Conv', ['image', weight('patch_embed.proj.weight'), weight('patch_embed.proj.bias')], {
    strides: [patch, patch],
  })
  const [rows] = node('Transpose', [node('Reshape', [grid, integers(batch, dim, count)])[0]], {
    perm: [0, 2, 1],
  })
  const [classes] = node('Expand', [weight('cls_token'), integers(batch, 1, dim)])
  let [tokens] = node('Add', [node('Concat', [classes, rows], { axis: 1 })[0], 'positions'])
  for (let i = 0; i < depth; i++) {
    const name = `blocks.${i}`
    tokens = node('Add', [tokens, attention(norm(tokens, `${name}.norm1`), `${name}.attn`)])[0]
    const [hidden] = node('Gelu', [linear(norm(tokens, `${name}.norm2`), `${name}.mlp.fc1`)])
    tokens = node('Add', [tokens, linear(hidden, `${name}.mlp.fc2`)])[0]
  }
  const [patches] = node('Slice', [norm(tokens, 'norm'), integers(1), integers(1 + count), integers(1)])
  nodes.push({ type: 'Transpose', inputs: [patches], outputs: ['features'], attributes: { perm: [0, 2, 1] } })
  return encodeModel({
    nodes,
    constants,
    inputs: [{ name: 'image', shape: [batch, 3, side, side] }],
    outputs: [{ name: 'features', shape: [batch, dim, count] }],
  })
}
