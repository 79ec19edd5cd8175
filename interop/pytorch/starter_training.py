#!/usr/bin/env python3
"""Reference values of training: five full-batch Adam steps on the starter backbone, under eight settings.

  starter_training.py values/starter-network.safetensors values/starter-training.safetensors
  starter_training.py --check values/starter-network.safetensors values/starter-training.safetensors

The first makes the second file from the images of the first one. The second computes a file's values again from its inputs, in
float64 and in float32, and prints how far each is from what is stored.

Labels 0 to 3 for the four images, a head that starts at zero, Adam with learning rate 1e-3, beta 0.9 and 0.999, epsilon 1e-8, no
weight decay, dropout or augmentation. Losses are those before each step and after the last. `linear-probe` trains the head alone;
`atoms` dD of 9 atoms in the convolutions larger than 1x1; `lora` (loralib's form) rank 2, scale 1, in all 53; `core-atoms` and
`lora-xs` rank 3 and `svf` in all 53; `coefficient-atoms` blocks of 4 channels and rank 2 in layer4; `full` every kernel, of which the
losses alone are stored. The coefficients alpha, the atoms D_c and the first A of LoRA and of `coefficient-atoms` are stored as F16, which
holds them exactly; the rest was computed in float64 and is stored as F32.
"""
import math, sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from layers import bases, blocks, codes, core, learned_atoms, singular_vectors, unblocked
from starter import convolutions, normalised, starter
from tensor_file import read, relative_error, write

ATOMS, RANK, STEPS = 9, 2, 5
DIRECTIONS, BLOCK = 3, 4
SETTINGS = ("linear-probe", "atoms", "lora", "core-atoms", "lora-xs", "svf", "coefficient-atoms", "full")


class Tuned(nn.Module):
    """A convolution with the kernel W + dW(trained tensors)."""

    def __init__(self, conv, trained, update):
        super().__init__()
        self.conv, self.update = conv, update
        for name, value in trained.items():
            self.register_parameter(name, nn.Parameter(value))

    def forward(self, x):
        kernel = self.conv.weight + self.update(dict(self.named_parameters(recurse=False))).view_as(self.conv.weight)
        return F.conv2d(x, kernel, None, self.conv.stride, self.conv.padding)


def tuned(setting, name, conv, given):
    """The layer as tuned by the setting; the unchanged layer if the setting does not train it."""
    k = conv.kernel_size[0]
    dtype = conv.weight.dtype
    if setting == "atoms" and k > 1:
        alpha = given[f"{name}.alpha"].to(dtype)
        return Tuned(conv, {"dD": torch.zeros(ATOMS, k * k, dtype=dtype)}, lambda v: alpha @ v["dD"])
    if setting == "lora":
        A = given[f"{name}.lora.A0"].to(dtype)
        return Tuned(conv, {"A": A, "B": torch.zeros(conv.out_channels * k, RANK * k, dtype=dtype)}, lambda v: v["B"] @ v["A"])
    W, zeros = conv.weight.detach(), lambda *shape: torch.zeros(*shape, dtype=dtype)
    if setting == "core-atoms":
        case = bases(W, DIRECTIONS)
        C = zeros(case["U"].shape[1], case["V"].shape[1], len(case["P"]))
        return Tuned(conv, {"C": C}, lambda v: core({"core.C": v["C"]}, case, W.shape))
    if setting == "lora-xs":
        left, values, right = (part[..., :DIRECTIONS] for part in singular_columns(W))
        return Tuned(conv, {"R": zeros(DIRECTIONS, DIRECTIONS)}, lambda v: left * values @ v["R"] @ right.T)
    if setting == "svf":
        left, values, right = singular_columns(W)
        return Tuned(conv, {"dS": zeros(len(values))}, lambda v: left * v["dS"] @ right.T)
    if setting == "coefficient-atoms" and name.startswith("layer4"):
        D = given[f"{name}.D_c"].to(dtype)
        alpha = codes(blocks(W, BLOCK, BLOCK), D)
        fold = lambda change: unblocked(alpha @ change, W.shape, BLOCK, BLOCK)
        if k == 1:
            return Tuned(conv, {"dDc": zeros(*D.shape)}, lambda v: fold(v["dDc"]))
        A = given[f"{name}.coefficient-atoms.A0"].to(dtype)
        return Tuned(conv, {"A": A, "B": zeros(RANK, D.shape[1])}, lambda v: fold(v["A"] @ v["B"]))
    if setting == "full":
        conv.weight.requires_grad = True
    return conv


def singular_columns(W):
    """Singular vectors as columns, and singular values."""
    left, values, right = singular_vectors(W)
    return left, values, right.T


def five_steps(setting, images, given, dtype):
    """The losses, and the trained tensors by their names in the project."""
    net = starter(classes=len(images)).to(dtype)
    for name, conv in convolutions(net):
        parent, _, leaf = name.rpartition(".")
        setattr(net.get_submodule(parent), leaf, tuned(setting, name, conv, given))
    x, labels = normalised(images).to(dtype), torch.arange(len(images))
    trained = {name: value for name, value in net.named_parameters() if value.requires_grad}
    optimizer = torch.optim.Adam(trained.values(), lr=1e-3)
    losses = []
    for step in range(STEPS + 1):
        loss = F.cross_entropy(net(x), labels)
        losses.append(loss.detach())
        if step < STEPS:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    final = {} if setting == "full" else {project_name(setting, name): value for name, value in trained.items()}
    return {f"{setting}.losses": torch.stack(losses), **{f"{setting}.final.{name}": value for name, value in final.items()}}


def project_name(setting, name):
    layer, _, leaf = name.rpartition(".")
    return f"head.{leaf}" if layer == "fc" else f"{layer}.{setting}.{leaf}"


def inputs():
    """
    alpha of every kernel larger than 1x1, LoRA's first A (Kaiming-uniform, a = sqrt(5)) of every kernel, and for layer4 the atoms of
    channel blocks and the first A of their changes.
    """
    torch.manual_seed(0)
    given = {}
    for name, conv in convolutions(starter()):
        c_out, c_in, k, _ = conv.weight.shape
        if k > 1:
            rows = blocks(conv.weight, 1, 1)
            given[f"{name}.alpha"] = codes(rows, learned_atoms(rows, ATOMS)).view(c_out, c_in, ATOMS).half()
        given[f"{name}.lora.A0"] = ((2 * torch.rand(RANK * k, c_in * k) - 1) / math.sqrt(c_in * k)).half()
    for name, conv in convolutions(starter()):
        if name.startswith("layer4"):
            rows = blocks(conv.weight, BLOCK, BLOCK)
            width = rows.shape[1]
            given[f"{name}.D_c"] = torch.linalg.qr(torch.randn(width, width, dtype=rows.dtype))[0].half()
            if conv.kernel_size[0] > 1:
                A = (2 * torch.rand(width, RANK) - 1) / math.sqrt(width)
                given[f"{name}.coefficient-atoms.A0"] = A.half()
    return given


def values(images, given, dtype):
    results = {}
    for setting in SETTINGS:
        results.update(five_steps(setting, images, given, dtype))
    return results


def check(images, path):
    stored, _ = read(path)
    for dtype in (torch.float64, torch.float32):
        again = values(images, stored, dtype)
        for setting in SETTINGS:
            errors = {name: relative_error(again[name], stored[name]) for name in again if name.startswith(f"{setting}.")}
            worst = max(errors, key=errors.get)
            losses = f"{setting}.losses"
            print(f"{dtype} {losses} {errors[losses]:.1e}; the farthest is {worst}, {errors[worst]:.1e} relative")


if __name__ == "__main__":
    *flags, network, target = sys.argv[1:]
    images = read(network)[0]["images"]
    if flags == ["--check"]:
        check(images, target)
    else:
        given = inputs()
        about = "made by interop/pytorch/starter_training.py, which says how; PyTorch order [c_out,c_in,k,k]"
        write(target, {**given, **values(images, given, torch.float64)}, {"about": about})
