/** Constants of the dense CRF that people know by name. */

/** Energies of neighboring pixels that are near, and of those that are near and alike. */
export interface CrfPreset {
  /** Near neighbors: standard deviation of places in pixels, and weight. */
  gaussian: { xyStd: number; weight: number }
  /** Near neighbors of like color: standard deviations in pixels and in steps of 8-bit channels, and weight. */
  bilateral: { xyStd: number; rgbStd: number; weight: number }
  /** Order in which colors enter the lattice. */
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
