/** The wheels that `stego doctor --setup cuda` fetches for linux-x64. Written by scripts/cuda-wheels.js. */
import type { Wheel } from './wheel.js'

/** The version of libtorch. */
export const TORCH = '2.13.0'

/** The version of the CUDA toolkit. */
export const CUDA = '13.0.3'

export const WHEELS: readonly Wheel[] = [
  {
    name: 'torch',
    version: '2.13.0',
    file: 'torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl',
    size: 526605292,
    sha256: '796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b',
    unpacked: 959244377,
  },
  {
    name: 'nvidia-cublas',
    version: '13.1.1.3',
    file: 'nvidia_cublas-13.1.1.3-py3-none-manylinux_2_27_x86_64.whl',
    size: 423138758,
    sha256: '37936a16db8fe4ac1f065c2139360608a543a09275cb1a1af612e08cfa065436',
    unpacked: 596584449,
  },
  {
    name: 'nvidia-cuda-cupti',
    version: '13.0.85',
    file: 'nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl',
    size: 10715597,
    sha256: '4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8',
    unpacked: 44009963,
  },
  {
    name: 'nvidia-cuda-nvrtc',
    version: '13.0.88',
    file: 'nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    size: 90215200,
    sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
    unpacked: 227973557,
  },
  {
    name: 'nvidia-cuda-runtime',
    version: '13.0.96',
    file: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    size: 2243632,
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    unpacked: 765243,
  },
  {
    name: 'nvidia-cudnn-cu13',
    version: '9.20.0.48',
    file: 'nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl',
    size: 366173588,
    sha256: '0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304',
    unpacked: 493438978,
  },
  {
    name: 'nvidia-cufft',
    version: '12.0.0.61',
    file: 'nvidia_cufft-12.0.0.61-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    size: 214085489,
    sha256: '6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3',
    unpacked: 287595073,
  },
  {
    name: 'nvidia-cufile',
    version: '1.15.1.6',
    file: 'nvidia_cufile-1.15.1.6-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    size: 1223672,
    sha256: '08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44',
    unpacked: 3275074,
  },
  {
    name: 'nvidia-curand',
    version: '10.4.0.35',
    file: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
    size: 59544258,
    sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    unpacked: 132759293,
  },
  {
    name: 'nvidia-cusolver',
    version: '12.0.4.66',
    file: 'nvidia_cusolver-12.0.4.66-py3-none-manylinux_2_27_x86_64.whl',
    size: 200941980,
    sha256: '0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112',
    unpacked: 245170804,
  },
  {
    name: 'nvidia-cusparse',
    version: '12.6.3.3',
    file: 'nvidia_cusparse-12.6.3.3-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    size: 145942937,
    sha256: '2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b',
    unpacked: 162626281,
  },
  {
    name: 'nvidia-cusparselt-cu13',
    version: '0.8.1',
    file: 'nvidia_cusparselt_cu13-0.8.1-py3-none-manylinux2014_x86_64.whl',
    size: 170148586,
    sha256: '786ce87568c303fadb5afcc7102d454cd3040d75f6f8626f5db460d1871f4dd0',
    unpacked: 233942778,
  },
  {
    name: 'nvidia-nccl-cu13',
    version: '2.29.7',
    file: 'nvidia_nccl_cu13-2.29.7-py3-none-manylinux_2_18_x86_64.whl',
    size: 205976000,
    sha256: 'edd81538446786ec3b73972543e53bb43bcaf0bfc8ef76cb679fcc390ffe136d',
    unpacked: 236528872,
  },
  {
    name: 'nvidia-nvjitlink',
    version: '13.0.88',
    file: 'nvidia_nvjitlink-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    size: 40713933,
    sha256: '13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b',
    unpacked: 98867712,
  },
  {
    name: 'nvidia-nvshmem-cu13',
    version: '3.4.5',
    file: 'nvidia_nvshmem_cu13-3.4.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    size: 60412546,
    sha256: '290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80',
    unpacked: 45814452,
  },
  {
    name: 'nvidia-nvtx',
    version: '13.0.85',
    file: 'nvidia_nvtx-13.0.85-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl',
    size: 148047,
    sha256: '4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4',
    unpacked: 54259,
  },
]
