/** Named sets of dense CRF constants. */

/** Constants of the Gaussian and bilateral terms. */
export interface CrfPreset {
  /** Gaussian term: position standard deviation in pixels, and weight. */
  gaussian: { xyStd: number; weight: number }
  /** Bilateral term: standard deviations in pixels and in 8-bit channel values, and weight. */
  bilateral: { xyStd: number; rgbStd: number; weight: number }
  /** Channel order for the lattice. */
  channelOrder: 'rgb' | 'bgr'
}

/** STEGO's constants (crf.py), and those of pydensecrf's example, which are commonly used with DeepLab. */
export const CRF_PRESETS: Readonly<Record<'stego' | 'deeplab', CrfPreset>> = {
  stego: {
    gaussian: { xyStd: 1, weight: 3 },
    bilateral: { xyStd: 67, rgbStd: 3, weight: 4 },
    channelOrder: 'bgr',
  },
  deeplab: {
    gaussian: { xyStd: 3, weight: 3 },
    bilateral: { xyStd: 80, rgbStd: 13, weight: 10 },
    channelOrder: 'rgb',
  },
}
