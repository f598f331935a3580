"""Writes the small files of tests/data/formats with NumPy and PyTorch: python3 make_files.py FOLDER.

Element i of every array is (7 i mod 23) - 5, cast to the array's type (bool: whether it is even).
"""
import os
import sys
from collections import Counter, OrderedDict

import numpy as np
import torch

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
at = lambda name: os.path.join(folder, name)


def ramp(*shape):
    return (7 * np.arange(int(np.prod(shape))) % 23 - 5).reshape(shape)


for name in ["<f2", "<f4", ">f4", "<f8", ">f8", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "|i1"]:
    file = name.replace("<", "le_").replace(">", "be_").replace("|", "")
    np.save(at(f"{file}.npy"), ramp(2, 3).astype(name))
np.save(at("u1.npy"), ramp(2, 3).astype("u1"))
np.save(at("b1.npy"), ramp(2, 3) % 2 == 0)
np.save(at("fortran.npy"), np.asfortranarray(ramp(2, 3, 4).astype("<f4")))
np.save(at("scalar.npy"), np.float32(-5))
np.save(at("empty.npy"), np.zeros((3, 0, 2), "<f4"))
for version in [(2, 0), (3, 0)]:
    with open(at(f"version{version[0]}.npy"), "wb") as file:
        np.lib.format.write_array(file, ramp(5).astype("<f4"), version)
pair = np.empty(2, object)
pair[:] = ramp(4, 2, 2).astype("<f4"), 3
np.save(at("feature.npy"), pair)
pair[:] = np.asfortranarray(ramp(2, 3).astype(">f8")), np.int64(3)
np.save(at("feature_fortran.npy"), pair)
np.save(at("strings.npy"), np.array(["a", "b"]))
np.savez_compressed(at("compressed.npz"), ramp=ramp(40, 3).astype("<f4"), label=ramp(2).astype("<i8"))

values = ramp(24)
base = torch.tensor(values.reshape(4, 6), dtype=torch.float32)
dtypes = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
cast = lambda name: torch.tensor(values % 2 == 0 if name == "bool" else values).to(getattr(torch, name))
everything = {
    "dtypes": OrderedDict((name, cast(name)) for name in dtypes),
    "views": {
        "transposed": base.t(),
        "row": base[1],
        "column": base[:, 2],
        "corner": base[1:3, 4:],
        "expanded": base[:1, :1].expand(3, 2),
        "scalar": base[1, 1],
        "empty": torch.zeros(3, 0, 2),
        "parameter": torch.nn.Parameter(base[0]),
    },
    "plain": [None, True, False, -3, 2**40, -(2**80), 0.5, "text \u00fc", (1, 2), torch.Size([3, 4])],
    "numbers": {0: "zero", 1: Counter({30: 1})},
    "numpy": [np.float64(0.5), np.int64(-7), ramp(2, 3).astype(">f4"), np.asfortranarray(ramp(2, 3))],
    "device": torch.device("cuda", 1),
}
torch.save(everything, at("everything.pth"))
torch.save(everything, at("everything_protocol4.pth"), pickle_protocol=4)
torch.save(everything, at("everything_legacy.pth"), _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), at("module.pth"))
