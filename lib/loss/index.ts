/** `stego/loss`: STEGO's correspondence loss by itself, with its gradients. */
export {
  type CorrespondenceLoss,
  type CorrespondenceLossInput,
  correspondenceLoss,
  type PairTensors,
} from './correspondence-loss.js'
