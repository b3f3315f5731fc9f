"""Writes the NumPy files that test/neighbors reads. Run in this folder: python make.py"""

import io
import zipfile

import numpy as np

KINDS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def values(kind, shape=(2, 3, 2)):
    """7, 8, 9, ... in the array's own order, the first one at the type's lower end."""
    array = np.arange(7, 7 + np.prod(shape)).reshape(shape).astype(kind)
    low = np.finfo(kind).min if kind[0] == "f" else np.iinfo(kind).min
    array[0, 0, 0] = low
    return array


arrays = {f"little_{kind}": values(kind).astype("<" + kind) for kind in KINDS}
arrays |= {f"big_{kind}": values(kind).astype(">" + kind) for kind in KINDS}
arrays |= {f"fortran_{kind}": np.asfortranarray(values(kind)) for kind in ["i2", "i8", "f8"]}
arrays["big_fortran_f4"] = np.asfortranarray(values("f4").astype(">f4"))
arrays["truth"] = np.array([True, False, True])
arrays["single"] = np.array(-5, dtype=np.int64)
arrays["empty"] = np.zeros((0, 30), dtype=np.int32)
np.savez_compressed("kinds.npz", **arrays)
np.savez("stored.npz", a=values("i8"), b=np.float32([0.5, -1.5]))

for version in (1, 2, 3):
    with open(f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, values("i4"), version=(version, 0))

# Everything that zip64 can hold, in a small file.
zipfile.ZIP64_LIMIT = 10
zipfile.ZIP_FILECOUNT_LIMIT = 0
with zipfile.ZipFile("zip64.npz", "w") as archive:
    for name in ("a", "b"):
        buffer = io.BytesIO()
        np.save(buffer, values("i8"))
        archive.writestr(f"{name}.npy", buffer.getvalue())
    archive.writestr("notes.txt", "not an array")

np.savez("objects.npz", nns=np.array([{"a": 1}], dtype=object))
np.savez("structured.npz", nns=np.zeros(2, dtype=[("x", "i4"), ("y", "f4")]))

# precompute_knns.py on 40 vectors: the 30 nearest, the image itself first.
generator = np.random.default_rng(0)
vectors = generator.normal(size=(40, 8)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
order = np.argsort(-(vectors @ vectors.T), axis=1, kind="stable")[:, :30]
np.savez_compressed("nns_vit_small_tiny_train_None_224.npz", nns=order)
np.save("tiny_vectors.npy", vectors)
