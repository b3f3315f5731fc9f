/** Constants of the dense CRF that people know by name. */

/** Energies of neighbouring pixels that are near, and of those that are near and alike. */
export interface CrfPreset {
  /** Near neighbours: standard deviation of places in pixels, and weight. */
  gaussian: { xyStd: number; weight: number }
  /** Near neighbours of like colour: standard deviations in pixels and in steps of 8-bit channels, and weight. */
  bilateral: { xyStd: number; rgbStd: number; weight: number }
  /** Order in which colours enter the lattice. */
  channelOrder: 'rgb' | 'bgr'
}

/** STEGO's constants (crf.py), and those of pydensecrf's example, which DeepLab's users took over. */
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
