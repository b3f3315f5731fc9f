/** `stego/loss`: STEGO's correspondence loss by itself, with its gradients. */
export {
  type CorrespondenceLoss,
  type CorrespondenceLossOptions,
  correspondenceLoss,
  type PairTensors,
} from './correspondence-loss.js'
