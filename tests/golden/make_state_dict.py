"""Writes state_dict_zip.pth and state_dict_legacy.pth: what torch.save makes of a small state dict, in both formats.

Source: PyTorch 2.13.0. The state dict has what Inception's has: a convolution's kernel, batch normalization's vectors,
its count of batches (int64, no dimensions) and the `_metadata` that `Module.state_dict()` adds; besides, a transposed
view and two views of one storage.

Command: python tests/golden/make_state_dict.py
"""

import pathlib


def main():
    import torch

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 3, (1, 2), bias=False), torch.nn.BatchNorm2d(3))
    state = network.state_dict()
    state["0.weight"] = torch.arange(12, dtype=torch.float32).reshape(3, 2, 1, 2) / 8
    state["transposed"] = torch.arange(6, dtype=torch.float64).reshape(2, 3).T
    row = torch.arange(4, dtype=torch.float32)
    state["first"], state["rest"] = row[:1], row[1:]
    folder = pathlib.Path(__file__).parent
    torch.save(state, folder / "state_dict_zip.pth")
    torch.save(state, folder / "state_dict_legacy.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
