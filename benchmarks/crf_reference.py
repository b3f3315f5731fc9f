"""Prints the cost of pydensecrf for one picture as JSON: crf_reference.py image unary width height labels iterations repeats"""

import json
import re
import sys
import time

import numpy as np
import pydensecrf.densecrf as dcrf


def memory(name):
    """Memory of this process in MiB: current (VmRSS) or peak (VmHWM)."""
    with open("/proc/self/status") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read())[1]) / 1024


width, height, labels, iterations, repeats = map(int, sys.argv[3:])
image = np.fromfile(sys.argv[1], np.uint8).reshape(height, width, 3)
unary = np.fromfile(sys.argv[2], np.float32).reshape(labels, -1)
base = memory("VmRSS")
times = []
for _ in range(repeats):
    start = time.perf_counter()
    crf = dcrf.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(unary)
    crf.addPairwiseGaussian(sxy=1, compat=3)
    crf.addPairwiseBilateral(sxy=67, srgb=3, rgbim=image, compat=4)
    np.argmax(crf.inference(iterations), axis=0)
    times.append(time.perf_counter() - start)
print(json.dumps({"ms": 1000 * min(times), "MiB": memory("VmHWM") - base}))
