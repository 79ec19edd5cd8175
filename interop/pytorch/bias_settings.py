#!/usr/bin/env python3
"""Reference for the settings that train biases, for src/methods/methods.test.ts: BitFit, and scale and shift (SSF).

  bias_settings.py LAYERS_FIXTURE OUT

For each of the fixture's five convolutions, with a bias b as from a folded batch norm: the output before the ReLU, and for the
fixture's dy the gradients of the input and of the trained tensors. BitFit: y = conv(x, W) + b + db. SSF as published, after the
convolution with its bias: y = (1 + gamma) * (conv(x, W) + b) + beta. Computed in float64, stored as F32.
"""
import json, sys
import torch
import torch.nn.functional as F
from five_steps import read, write


def main():
    layers, out = sys.argv[1:]
    torch.manual_seed(0)
    given, results = read(layers), {}
    cases = {"k3s1": (1, 1), "k3s2": (2, 1), "k1s2": (2, 0), "k7s2": (2, 3), "k3wide": (1, 1)}
    for case, (stride, padding) in cases.items():
        W, x, dy = (given[f"{case}.{name}"].double() for name in ("W", "x", "dy"))
        b = torch.randn(len(W)).double()
        results[f"{case}.b"] = b
        channels = lambda v: v.view(1, -1, 1, 1)
        forms = {
            "bitfit": (["db"], lambda z, v: z + channels(v["db"])),
            "ssf": (["gamma", "beta"], lambda z, v: (1 + channels(v["gamma"])) * z + channels(v["beta"])),
        }
        for form, (names, after) in forms.items():
            values = {name: (0.3 * torch.randn(len(W))).double().requires_grad_() for name in names}
            image = x.clone().requires_grad_()
            y = after(F.conv2d(image, W, b, stride, padding), values)
            y.backward(dy)
            results.update({f"{case}.{form}.{name}": value for name, value in values.items()})
            results.update({f"{case}.{form}.grad.{form}.{name}": value.grad for name, value in values.items()})
            results.update({f"{case}.{form}.y": y, f"{case}.{form}.grad_x": image.grad})
    write(out, results, "made by interop/pytorch/bias_settings.py, which states the formulas; PyTorch order, NCHW")


main()
