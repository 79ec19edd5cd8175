#!/usr/bin/env python3
"""Pictures as prepared by torchvision's Resize and CenterCrop with Pillow, for src/data/recipes.test.ts.

  recipes.py src/data/recipes.safetensors

`picture` is noise and edges, `[h, w, 3]`; every other tensor is named resize-crop-interpolation, `[crop, crop, 3]`. Runs on PyTorch
1.13, torchvision 0.14 and Pillow 9.4.
"""
import json, struct, sys
import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

RECIPES = [(24, 20, "bilinear"), (24, 21, "bicubic"), (17, 16, "bicubic"), (64, 57, "bicubic"), (64, 56, "bilinear"), (31, 31, "bicubic")]


def picture():
    random = np.random.RandomState(5)
    pixels = random.randint(0, 256, (41, 67, 3)).astype(np.uint8)
    pixels[5:20, 10:40] = 255  # edges that bicubic overshoots
    pixels[12:30, 25:60] = 0
    return pixels


def write(path, tensors):
    header, parts, end = {}, [], 0
    for name, values in tensors.items():
        header[name] = {"dtype": "U8", "shape": list(values.shape), "data_offsets": [end, end + values.size]}
        parts.append(values.tobytes())
        end += values.size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(parts))


if __name__ == "__main__":
    pixels = picture()
    tensors = {"picture": pixels}
    for resize, crop, interpolation in RECIPES:
        resized = Resize(resize, InterpolationMode[interpolation.upper()])(Image.fromarray(pixels))
        tensors[f"{resize}-{crop}-{interpolation}"] = np.asarray(CenterCrop(crop)(resized))
    write(sys.argv[1], tensors)
