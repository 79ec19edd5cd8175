#!/usr/bin/env python3
"""Five Adam steps of ΔD on the starter backbone in float64, as a reference for src/training/train.test.ts.

  five_steps.py WEIGHTS NETWORK_FIXTURE TRAINING_FIXTURE OUT

In float32 these five steps are ill-conditioned in some tensors: where a first gradient is close to zero, Adam divides it by its
own magnitude. PyTorch's float32 result differs from its float64 result by up to 1.7 % in a tensor (conv1), so the float64 result
is the reference. Reads the starter weights, four images and the coefficients of the training fixture; writes the losses and the
trained parameters, stored as F32. Runs on PyTorch >= 1.13 (CPU).
"""
import json, struct, sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models.resnet import Bottleneck, ResNet

TYPES = {"F32": np.float32, "F16": np.float16, "U8": np.uint8}


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    header.pop("__metadata__", None)
    body = data[8 + n :]
    return {
        name: torch.from_numpy(
            np.frombuffer(body[slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"]).copy()
        )
        for name, entry in header.items()
    }


def write(path, tensors, about):
    header, blocks, end = {"__metadata__": {"about": about}}, [], 0
    for name in sorted(tensors):
        block = tensors[name].detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


class Atoms(nn.Module):
    """A convolution with the kernel W + α·ΔD."""

    def __init__(self, conv, coefficients):
        super().__init__()
        self.conv = conv
        self.register_buffer("coefficients", coefficients)
        self.dD = nn.Parameter(torch.zeros(coefficients.shape[-1], conv.weight.shape[-1] ** 2))

    def forward(self, x):
        kernel = self.conv.weight + (self.coefficients @ self.dD).view_as(self.conv.weight)
        return F.conv2d(x, kernel, None, self.conv.stride, self.conv.padding)


def main(weights, network, training, out):
    reference, images = read(training), read(network)
    net = ResNet(Bottleneck, [3, 4, 6, 3], width_per_group=64)
    # Quarter width: the network is built again with 16 base channels.
    net.inplanes, net.conv1, net.bn1 = 16, nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        setattr(net, f"layer{stage + 1}", net._make_layer(Bottleneck, 16 * 2**stage, blocks, 1 if stage == 0 else 2))
    net.fc = nn.Linear(512, 4)
    state = {name: value.float() for name, value in read(weights).items() if not name.startswith("fc.")}
    assert not net.load_state_dict(state, strict=False).unexpected_keys
    for parameter in net.parameters():
        parameter.requires_grad = False
    for name, conv in [(n, c) for n, c in net.named_modules() if isinstance(c, nn.Conv2d)]:
        if f"{name}.alpha" in reference:
            parent, _, leaf = name.rpartition(".")
            setattr(net.get_submodule(parent), leaf, Atoms(conv, reference[f"{name}.alpha"]))
    nn.init.zeros_(net.fc.weight), nn.init.zeros_(net.fc.bias)
    net.fc.requires_grad_(True)
    net.eval().double()
    x, labels = images["input"].double(), torch.arange(4)
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for step in range(6):
        loss = F.cross_entropy(net(x), labels)
        losses.append(loss.item())
        if step < 5:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    trained = {name.replace(".dD", ".atoms.dD").replace("fc.", "head."): p for name, p in net.named_parameters() if p.requires_grad}
    write(out, {"losses": torch.tensor(losses, dtype=torch.float64), **trained}, "five Adam steps of atoms in float64; see interop/pytorch/five_steps.py")


if __name__ == "__main__":
    main(*sys.argv[1:])
