"""Loads the .pth and .npz files of a folder with PyTorch and NumPy: python3 check_files.py FOLDER.

Prints what was found equal, or fails. Element i of every array is (7 i mod 23) - 5, cast to the
array's type (bool: whether it is even), as in make_files.py.
"""
import os
import sys

import numpy as np
import torch

NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
SHAPES = {"24": (24,), "2x3x4": (2, 3, 4), "": (), "0": (0,), "3x0x2": (3, 0, 2), "1": (1,)}


def ramp(dtype, shape):
    values = (7 * np.arange(int(np.prod(shape))) % 23 - 5).reshape(shape)
    return values % 2 == 0 if dtype == "BOOL" else values


def check(found, expected, what):
    if not expected:
        sys.exit(f"{what} differs: {found!r}")


folder = sys.argv[1]
at = lambda name: os.path.join(folder, name)
tensors = torch.load(at("state_dict.pth"), weights_only=True)
check(len(tensors), len(tensors) == len(NAMES) * len(SHAPES), "the number of tensors")
for key, tensor in tensors.items():
    dtype, shape = key.split(".")
    expected = torch.tensor(ramp(dtype, SHAPES[shape])).to(getattr(torch, NAMES[dtype]))
    check(tensor.dtype, tensor.dtype == expected.dtype, key)
    check(tensor.shape, tensor.shape == expected.shape, key)
    check(tensor, torch.equal(tensor, expected), key)
# PyTorch 1 knows no floats where weights_only is set, not even its own.
loaded = torch.load(at("everything.pth"), weights_only=int(torch.__version__.split(".")[0]) >= 2)
plain = [None, True, False, 0, -1, 2**31, -(2**80), 0.5, float("inf"), "text \u00fc", [1, []]]
check(loaded["plain"], loaded["plain"] == plain, "plain")
check(type(loaded["plain"][3]), type(loaded["plain"][3]) is int, "the type of 0")
check(loaded[7], loaded[7] == "seven", "the number as a key")

linear = torch.nn.Linear(4, 3)
linear.load_state_dict(loaded["linear"])
optimizer = torch.optim.AdamW(linear.parameters())
optimizer.load_state_dict(loaded["optimizer"])
linear(torch.ones(4)).sum().backward()
optimizer.step()
moment = optimizer.state_dict()["state"][0]
check(moment["step"], float(moment["step"]) == 13, "the optimizer's step")

arrays = np.load(at("everything.npz"))
check(arrays.files, len(arrays.files) == (len(NAMES) - 1) * len(SHAPES), "the number of arrays")
for key in arrays.files:
    dtype, shape = key.split(".")
    expected = ramp(dtype, SHAPES[shape]).astype(NAMES[dtype])
    check(arrays[key].dtype, arrays[key].dtype == expected.dtype, key)
    check(arrays[key], arrays[key].shape == expected.shape and (arrays[key] == expected).all(), key)

moments, labels, label = feature = np.load(at("feature.npy"), allow_pickle=True)
check(feature, feature.dtype == object and feature.shape == (3,), "the feature file")
check(moments, moments.dtype == np.float32 and (moments == ramp("F32", (4, 2, 2))).all(), "moments")
check(labels, labels.dtype == np.int64 and (labels == ramp("I64", (3,))).all(), "labels")
check(label, label == 7, "label")

print(f"torch {torch.__version__} and numpy {np.__version__} read {len(tensors)} tensors, {len(arrays.files)} arrays, a feature file")
