#!/usr/bin/env python3
"""Outputs of a complete ImageNet ResNet-50 in PyTorch, and the reconstruction errors of its kernels, for src/backbone/imagenet-resnet50*.test.ts.

  imagenet_resnet50.py ../shared src/backbone/imagenet-resnet50.json

The weights and photos are no part of the project. `daisies`: the first 14 of the validation photos by name, resized to 256, cut to 224.
`features` are float64's, of one image of hashed bytes (weight_forms.py) at 224 and at 64 pixels. `errors`: relative errors of a sparse coding
of every kernel larger than 1 x 1 with nine atoms, written here in NumPy from the method's description (docs/method.md); the atoms are learned on
20,000 of its rows.
Runs on PyTorch 1.13, torchvision 0.14 and Pillow 9.4 (CPU).
"""
import glob, json, os, struct, sys
import numpy as np
import torch
from PIL import Image
from torchvision.models import resnet50
from torchvision.transforms import CenterCrop, Resize
from weight_forms import MEAN, STD, images

ATOMS, LAMBDA, ALTERNATIONS, FISTA, LEARNED_ON = 9, 1e-3, 10, 20, 20_000
DAISY = 985


def load(path):
    content = open(path, "rb").read()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    types = {"F32": np.float32, "F16": np.float16}
    return {
        name: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32))
        for name, entry in header.items()
        if name != "__metadata__"
    }


def normalised(pixels):
    """[n, h, w, 3], 0-255."""
    x = (torch.as_tensor(pixels) / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    return x.permute(0, 3, 1, 2)


def code(rows, atoms, start, steps):
    """Accelerated ISTA for 1/2 |X - aD|^2 + lambda |a|_1."""
    gram, products = atoms @ atoms.T, rows @ atoms.T
    step = 1 / np.linalg.eigvalsh(gram)[-1]
    codes = point = start
    t = 1.0
    for _ in range(steps):
        moved = point - step * (point @ gram - products)
        new = np.sign(moved) * np.maximum(np.abs(moved) - step * LAMBDA, 0)
        t_new = (1 + (1 + 4 * t * t) ** 0.5) / 2
        point, codes, t = new + (t - 1) / t_new * (new - codes), new, t_new
    return codes


def relative_error(rows):
    random = np.random.RandomState(0)
    width = rows.shape[1]
    atoms = np.linalg.qr(random.normal(size=(width, width)))[0][:ATOMS]
    some = random.permutation(rows)[:LEARNED_ON]
    codes = some @ atoms.T
    for _ in range(ALTERNATIONS):
        codes = code(some, atoms, codes, FISTA)
        for j in range(len(atoms)):
            used = codes[:, j]
            direction = (some - codes @ atoms + np.outer(used, atoms[j])).T @ used
            if np.linalg.norm(direction) > 0:
                atoms[j] = direction / np.linalg.norm(direction)
    codes = code(rows, atoms, rows @ atoms.T, FISTA)
    return np.linalg.norm(rows - codes @ atoms) / np.linalg.norm(rows)


if __name__ == "__main__":
    shared, target = sys.argv[1:]
    weights = load(os.path.join(shared, "weights/resnet50-imagenet-vq.safetensors"))
    net = resnet50()
    net.load_state_dict({**net.state_dict(), **weights})
    net.eval()
    pooled = []
    net.avgpool.register_forward_hook(lambda _, __, out: pooled.append(out.flatten()))
    daisies, features = [], {}
    with torch.no_grad():
        for path in sorted(glob.glob(os.path.join(shared, "data/flowers5/val/daisy/*.jpg")))[:14]:
            photo = CenterCrop(224)(Resize(256)(Image.open(path).convert("RGB")))
            p = net(normalised(np.asarray(photo, dtype=np.float32)[None])).softmax(1)[0]
            daisies.append([os.path.basename(path), int(p.argmax()), round(p.max().item(), 4), round(p[DAISY].item(), 4)])
        net.double()
        for side in (224, 64):
            pooled.clear()
            net(normalised(images(1, side)).double())
            features[side] = [float(f"{value:.6g}") for value in pooled[0].tolist()]
    errors = {}
    for name, kernel in weights.items():
        if kernel.dim() == 4 and kernel.shape[2] > 1:
            rows = kernel.double().numpy().reshape(-1, kernel.shape[2] * kernel.shape[3])
            errors[name.replace(".weight", "")] = round(float(relative_error(rows)), 5)
            print(name, errors[name.replace(".weight", "")], flush=True)
    json.dump({"daisies": daisies, "features": features, "errors": errors}, open(target, "w"), separators=(",", ":"))
