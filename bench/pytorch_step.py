#!/usr/bin/env python3
"""The benchmark's step in PyTorch (>= 1.13): checked and timed as the other rivals are, on a problem file of bench/problem.ts.

  pytorch_step.py PROBLEM --setting atoms --threads 2 --device cpu --checked 3 --checkedBatch 2 --seconds 5 --steps 20 --least 3

Prints one line of JSON: the losses of the first steps, milliseconds per timed step, peak bytes, and what it ran on. Batch norm
is in inference mode and frozen, images are channels-last, float32 without TF32, Adam without decay.
"""
import argparse
import json
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F

BLOCKS = (3, 4, 6, 3)


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    about = header.pop("__metadata__", {})
    body = memoryview(data)[8 + n :]
    tensors = {
        name: torch.from_numpy(
            np.frombuffer(body[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"]).copy()
        )
        for name, entry in header.items()
    }
    return tensors, about


class Step:
    def __init__(self, tensors, about, setting, device, batch=None):
        of = lambda prefix: {
            name[len(prefix) :]: tensor.to(device) for name, tensor in tensors.items() if name.startswith(prefix)
        }
        self.setting, self.device = setting, device
        self.weights, self.coefficients = of("weights/"), of("coefficients/")
        self.trained = {name: tensor.clone().requires_grad_() for name, tensor in of("trained/").items()}
        self.input = tensors["input"][:batch].to(device)
        if self.input.dim() == 4:
            self.input = self.input.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            for name, tensor in self.weights.items():
                if tensor.dim() == 4:
                    self.weights[name] = tensor.contiguous(memory_format=torch.channels_last)
        self.labels = tensors["labels"][:batch].long().to(device)
        head = [tensor for name, tensor in self.trained.items() if name.startswith("head.")]
        rest = [tensor for name, tensor in self.trained.items() if not name.startswith("head.")]
        groups = [{"params": head, "lr": float(about["head_rate"])}]
        if rest:
            groups.append({"params": rest, "lr": float(about["backbone_rate"])})
        betas = (float(about["beta1"]), float(about["beta2"]))
        self.optimizer = torch.optim.Adam(groups, betas=betas, eps=float(about["epsilon"]))

    def kernel(self, name):
        if f"{name}.full.W" in self.trained:
            return self.trained[f"{name}.full.W"]
        weight = self.weights[f"{name}.weight"]
        if f"{name}.atoms.dD" in self.trained:
            return weight + (self.coefficients[name] @ self.trained[f"{name}.atoms.dD"]).view(weight.shape)
        if f"{name}.lora.B" in self.trained:
            return weight + (self.trained[f"{name}.lora.B"] @ self.trained[f"{name}.lora.A"]).view(weight.shape)
        return weight

    def convolve(self, name, norm, x, stride, pad):
        part = lambda key: self.weights[f"{norm}.{key}"]
        y = F.conv2d(x, self.kernel(name), None, stride, pad)
        return F.batch_norm(y, part("running_mean"), part("running_var"), part("weight"), part("bias"), False, 0, 1e-5)

    def features(self):
        if self.input.dim() == 2:
            return self.input
        x = F.max_pool2d(F.relu(self.convolve("conv1", "bn1", self.input, 2, 3)), 3, 2, 1)
        for stage, blocks in enumerate(BLOCKS):
            for block in range(blocks):
                at = f"layer{stage + 1}.{block}"
                stride = 2 if stage > 0 and block == 0 else 1
                y = F.relu(self.convolve(f"{at}.conv1", f"{at}.bn1", x, 1, 0))
                y = F.relu(self.convolve(f"{at}.conv2", f"{at}.bn2", y, stride, 1))
                y = self.convolve(f"{at}.conv3", f"{at}.bn3", y, 1, 0)
                if block == 0:
                    x = self.convolve(f"{at}.downsample.0", f"{at}.downsample.1", x, stride, 0)
                x = F.relu(y + x)
        return x.mean((2, 3))

    def run(self):
        if self.setting == "probe":
            with torch.no_grad():
                features = self.features()
        else:
            features = self.features()
        logits = features @ self.trained["head.weight"].T + self.trained["head.bias"]
        loss = F.cross_entropy(logits, self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def resident(which):
    """Bytes of this process, now (VmRSS) or at most (VmHWM); None where Linux is not."""
    try:
        lines = open("/proc/self/status").read().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(which)), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problem")
    parser.add_argument("--setting", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--checked", type=int, default=3)
    parser.add_argument("--checkedBatch", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--least", type=int, default=3)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    before = resident("VmRSS")
    tensors, about = read(a.problem)
    check = Step(tensors, about, a.setting, a.device, a.checkedBatch)
    losses = [check.run() for _ in range(a.checked)]
    del check
    step = Step(tensors, about, a.setting, a.device)
    del tensors
    if before is not None:
        open("/proc/self/clear_refs", "w").write("5")  # resets the peak, so that it does not include reading the file
    first = step.run()
    times, start = [], time.perf_counter()
    while len(times) < a.steps and (len(times) < a.least or time.perf_counter() - start < a.seconds):
        began = time.perf_counter()
        step.run()
        times.append(1000 * (time.perf_counter() - began))
    peak = torch.cuda.max_memory_allocated() if a.device == "cuda" else before and resident("VmHWM") - before
    where = torch.cuda.get_device_name() if a.device == "cuda" else f"CPU, {a.threads} thread{'' if a.threads == 1 else 's'}"
    runs_on = f"PyTorch {torch.__version__}, {where}"
    print(json.dumps(dict(losses=losses, firstLoss=first, times=times, peakBytes=peak, runsOn=runs_on)))


main()
