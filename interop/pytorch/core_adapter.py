#!/usr/bin/env python3
"""Adapter files of core atoms on the starter backbone, opened and made in PyTorch (docs/adapter-file.md).

  core_adapter.py adapter.safetensors                       opens a file and computes its check logits again
  core_adapter.py --make values/core-adapter.safetensors    makes a file with random numbers, for src/export/pytorch-adapter.test.ts

The first prints the greatest difference from the logits in the file, divided by their greatest magnitude or 1, and exits with 1 if it
is above 1e-4. The bases of a layer are those in the file or, where it has none, computed from the pretrained kernel.
"""
import hashlib, json, sys
import torch
from layers import bases, core
from starter import MEAN, STD, WEIGHTS, convolutions, normalised, starter
from tensor_file import read, write

SIZE, RANK, CLASSES = 64, 3, ["a", "b", "c", "d"]
TOLERANCE = 1e-4
MASK = 0xFFFFFFFF


class Generator:
    """src/core/random.ts: xoshiro128** seeded by a hash of the seed's decimal digits."""

    def __init__(self, seed):
        self.state = [self.lane(str(seed), offset) for offset in (0x9E3779B9, 0x3C6EF372, 0xDAA66D2B, 0x78DDE6E4)]

    @staticmethod
    def lane(text, offset):
        value = 0x811C9DC5 ^ offset
        for character in text:
            value = (value ^ ord(character)) * 0x01000193 & MASK
        value = (value ^ value >> 16 ^ offset) * 0x85EBCA6B & MASK
        value = (value ^ value >> 13) * 0xC2B2AE35 & MASK
        return value ^ value >> 16

    def bits(self):
        rotated = lambda value, by: (value << by | value >> (32 - by)) & MASK
        a, b, c, d = self.state
        result = rotated(b * 5 & MASK, 7) * 9 & MASK
        shifted = b << 9 & MASK
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        self.state = [a, b, c ^ shifted, rotated(d, 11)]
        return result

    def integer(self, below):
        high, low = self.bits() >> 5, self.bits() >> 6
        return int((high * 0x4000000 + low) / 0x20000000000000 * below)


def check_images(size):
    """The first four images of src/export/check-images.ts, u8 [4, size, size, 3]."""
    noise, patches = Generator(0), Generator(1000)
    colours = [patches.integer(256) for _ in range(8 * 8 * 3)]
    kinds = (
        lambda x, y, channel: ((2 * x, 2 * y, x + y)[channel] * 128 // size) % 256,
        lambda x, y, channel: 224 if (x // 2 ** (channel + 1) + y // 2 ** (channel + 1)) % 2 == 0 else 32,
        lambda x, y, channel: noise.integer(256),
        lambda x, y, channel: colours[(y * 8 // size * 8 + x * 8 // size) * 3 + channel],
    )
    pixels = [[[[kind(x, y, c) for c in range(3)] for x in range(size)] for y in range(size)] for kind in kinds]
    return torch.tensor(pixels, dtype=torch.uint8)


def tuned(tensors, rank):
    """The starter with an adapter's cores and head."""
    net = starter(classes=len(tensors["head.bias"]))
    for name, conv in convolutions(net):
        C = tensors.get(f"{name}.core-atoms.C")
        if C is None:
            continue
        W = conv.weight
        frozen = bases(W, rank)
        frozen.update({part: tensors[f"{name}.{part}"].double() for part in "UVP" if f"{name}.{part}" in tensors})
        conv.weight.add_(core({"core.C": C.double()}, frozen, W.shape))
    net.fc.weight.data, net.fc.bias.data = tensors["head.weight"].double(), tensors["head.bias"].double()
    return net


def logits(tensors, rank):
    with torch.no_grad():
        return tuned(tensors, rank)(normalised(check_images(SIZE)))


def tensor_hash(tensors):
    """SHA-256 over the tensors, as docs/adapter-file.md describes."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {','.join(map(str, tensors[name].shape))}\n".encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def opened(path):
    tensors, metadata = read(path)
    header = json.loads(metadata["adapter"])
    assert header["setting"] == "core-atoms", f"{path} is an adapter of {header['setting']}, not of core-atoms."
    own_hash = hashlib.sha256(open(WEIGHTS, "rb").read()).hexdigest()
    assert header["backbone"]["hash"] == own_hash, f"{path} belongs to another backbone."
    # Files of earlier versions have no hash.
    assert header.get("tensorHash") in (None, tensor_hash(tensors)), f"{path} was changed after it was saved."
    stored = torch.tensor(header["check"]["logits"], dtype=torch.float64)
    difference = (logits(tensors, int(header["options"]["r"])) - stored).abs().max().item()
    return difference / max(1, stored.abs().max().item())


def made():
    torch.manual_seed(0)
    tensors = {}
    for name, conv in convolutions(starter()):
        c_out, c_in, k, _ = conv.weight.shape
        r = min(RANK, c_out, c_in)
        tensors[f"{name}.core-atoms.C"] = 0.05 * torch.randn(r, r, min(k * k, 9))
    trained = sum(value.numel() for value in tensors.values())
    head = {"head.weight": 0.3 * torch.randn(len(CLASSES), 512), "head.bias": 0.3 * torch.randn(len(CLASSES))}
    tensors.update(head)
    options = {"r": RANK, "layers": 1, "from": 0}
    config = dict(setting="core-atoms", options=options, epochs=1, batchSize=4, learningRate=0.01, headLearningRate=0.001)
    config.update(weightDecay=0, warmup=0, dropout=0, augmentation="none", views=0, patience=0, seed=0, warmStart=False)
    config.update(probe=dict(epochs=1, learningRate=0.01, weightDecay=0, batchSize=4))
    with open(WEIGHTS, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    header = {
        "format": 1,
        "createdBy": {"name": "core_adapter.py", "version": torch.__version__},
        "name": "core atoms from PyTorch",
        "setting": "core-atoms",
        "options": options,
        "backbone": {"id": "starter", "hash": sha256},
        "classes": CLASSES,
        "inputSize": SIZE,
        "tensorHash": tensor_hash(tensors),
        "preprocessing": {
            **{"channels": "RGB", "scale": 1 / 255, "mean": MEAN.double().tolist(), "std": STD.double().tolist()},
            "resize": "shorter side to 8/7 of the input size, then centre crop",
        },
        "coding": {"lambda": 1e-3, "iterations": 20, "lipschitz": {}, "blockLipschitz": {}},
        "training": {
            **{"config": config, "outcome": "finished", "epochs": 1, "keptEpoch": 1, "correct": 0, "validationImages": 0},
            "trainable": {"backbone": trained, "head": sum(value.numel() for value in head.values())},
            **{"seconds": 0, "backend": "wasm"},
        },
        "check": {"images": 4, "logits": logits(tensors, RANK).tolist(), "precision": "single"},
    }
    return tensors, {"adapter": json.dumps(header)}


if __name__ == "__main__":
    *flags, target = sys.argv[1:]
    if flags == ["--make"]:
        write(target, *made())
    else:
        error = opened(target)
        print(f"{target}: the check logits differ by {error:.1e}")
        sys.exit(0 if error <= TOLERANCE else 1)
