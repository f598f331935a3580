"""Compares two checkpoint folders: python3 check_checkpoint.py REFERENCE OURS.

Fails where they differ, or where PyTorch's optimizer and scheduler cannot go on from ours.
"""
import os
import sys

import torch


def load(folder, name):
    return torch.load(os.path.join(folder, name + ".pth"))


def same(a, b, what):
    """Everything of the reference's is in ours and equal, tuples and lists alike."""
    if torch.is_tensor(a):
        equal = torch.is_tensor(b) and a.dtype == b.dtype and torch.equal(a, b)
    elif isinstance(a, dict):
        equal = a.keys() <= b.keys() and all(same(a[k], b[k], f"{what}.{k}") for k in a)
    elif isinstance(a, (list, tuple)):
        equal = len(a) == len(b) and all(same(x, y, f"{what}.{i}") for i, (x, y) in enumerate(zip(a, b)))
    else:
        equal = a == b
    if not equal:
        sys.exit(f"{what} differs: {a!r} and {b!r}")
    return True


reference, ours = sys.argv[1:]
for name in ["step", "nnet", "nnet_ema", "optimizer", "lr_scheduler"]:
    same(load(reference, name), load(ours, name), name)
if list(load(reference, "nnet")) != list(load(ours, "nnet")):
    sys.exit("the order of the parameters differs")

parameters = [torch.nn.Parameter(value) for value in load(ours, "nnet").values()]
optimizer = torch.optim.AdamW(parameters, lr=1.0)
optimizer.load_state_dict(load(ours, "optimizer"))
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / 5, 1))
scheduler.load_state_dict(load(ours, "lr_scheduler"))
for parameter in parameters:
    parameter.grad = torch.ones_like(parameter)
optimizer.step()
scheduler.step()
print(f"torch {torch.__version__} goes on at step {scheduler.last_epoch} with lr {scheduler.get_last_lr()[0]}")
