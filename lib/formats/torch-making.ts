/** Recognizes how PyTorch pickles construct tensors. */
import { makerOf, type PickleValue } from './pickle-value.js'

const MAX_WRAPPERS = 4
const PARAMETERS = new Set(['torch._utils._rebuild_parameter', 'torch._utils._rebuild_parameter_with_state'])
const TENSORS = new Set([
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_qtensor',
])
/** Constructor of tensor subclasses: (function, type, arguments, state). */
const SUBCLASS = 'torch._tensor._rebuild_from_type_v2'

/** The function that constructs a tensor and its arguments, with parameters and subclasses unwrapped. */
export interface Making {
  function: string
  args: PickleValue[]
}

/** How a tensor or parameter is constructed; null for other values. */
export function makingOf(value: PickleValue): Making | null {
  let inner = value
  for (let wrappers = 0; wrappers < MAX_WRAPPERS; wrappers++) {
    const making = callOf(inner)
    if (!making) return null
    if (!PARAMETERS.has(making.function)) return TENSORS.has(making.function) ? making : null
    if (making.args.length === 0) return null
    inner = making.args[0]!
  }
  return null
}

function callOf(value: PickleValue): Making | null {
  const name = makerOf(value)
  if (!name.startsWith('torch._') || value.kind !== 'object' || value.args.kind !== 'list') return null
  const args = value.args.items
  if (name !== SUBCLASS) return { function: name, args }
  const [called, , inner] = args
  return called?.kind === 'global' && inner?.kind === 'list'
    ? { function: called.name, args: inner.items }
    : null
}
