#!/usr/bin/env python3
"""Reference values of the starter backbone's forward pass on four images.

  starter_network.py values/starter-network.safetensors           makes the file that the tests compare with
  starter_network.py --check values/starter-network.safetensors   computes a file's values again from its images

The images are the first of four classes of public/samples/textures.zip, 96 px scaled to 64 with Pillow, stored as u8 [n, h, w, c].
Stored with them: the mean and the standard deviation of the maps after the stem (with pooling) and after each stage, the last
stage's maps [n, c, h, w], the pooled features [n, 512] and the logits [n, 10] of the file's own head, all computed in float64.
"""
import io, os, sys, zipfile
import numpy as np
import torch
from PIL import Image
from starter import PROJECT, normalised, starter
from tensor_file import read, relative_error, write

CLASSES, SIDE = ("bricks", "dots", "marble", "waves"), 64


def sample_images():
    with zipfile.ZipFile(os.path.join(PROJECT, "public", "samples", "textures.zip")) as archive:
        pictures = [Image.open(io.BytesIO(archive.read(f"{name}/001.png"))).convert("RGB") for name in CLASSES]
    return torch.from_numpy(np.stack([np.asarray(each.resize((SIDE, SIDE), Image.BILINEAR)) for each in pictures]))


def values(images):
    net = starter()
    maps = []
    with torch.no_grad():
        x = net.maxpool(net.relu(net.bn1(net.conv1(normalised(images)))))
        maps.append(x)
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            maps.append(x)
        features = x.mean((2, 3))
        return {
            "stage_mean": torch.stack([each.mean() for each in maps]),
            "stage_std": torch.stack([each.std() for each in maps]),
            "last_stage": x,
            "features": features,
            "logits": net.fc(features),
        }


def check(path):
    stored, _ = read(path)
    again = values(stored["images"])
    errors = {name: relative_error(again[name], stored[name]) for name in again}
    print(", ".join(f"{name} {error:.1e}" for name, error in errors.items()), "relative")
    sys.exit(0 if max(errors.values()) < 1e-4 else 1)


if __name__ == "__main__":
    *flags, target = sys.argv[1:]
    if flags == ["--check"]:
        check(target)
    images = sample_images()
    about = "made by interop/pytorch/starter_network.py; images u8 [n,h,w,c], maps NCHW; batch norm in inference mode"
    write(target, {"images": images, **values(images)}, {"about": about})
