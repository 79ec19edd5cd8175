#!/usr/bin/env python3
"""Pictures in several formats, and their pixels as decoded by Pillow for the PyTorch reference, for src/data/decode.test.ts.

  decoded_pictures.py values/pictures

A drawn scene (a gradient, soft waves, discs with hard edges, a little noise) is saved as JPEG and PNG. Each file is read again,
its shorter side scaled to 64 pixels with Pillow's bilinear filter, and the centre 64x64 cut out. `decoded.safetensors` holds the
results, u8 [64, 64, 3] under the file's name. The PNG with transparency is put on white first.
"""
import os, sys
import numpy as np
import torch
from PIL import Image
from tensor_file import write

SIDE = 64
FILES = {
    "wide-420.jpg": (220, 150, "RGB", {"quality": 88, "subsampling": "4:2:0"}),
    "tall-444-progressive.jpg": (140, 190, "RGB", {"quality": 80, "subsampling": "4:4:4", "progressive": True}),
    "grey.jpg": (160, 120, "L", {"quality": 90}),
    "colours.png": (110, 90, "RGB", {}),
    "palette.png": (120, 100, "P", {}),
    "transparent.png": (100, 80, "RGBA", {}),
    "smaller-than-64.png": (48, 40, "RGB", {}),
}


def scene(width, height, random):
    """f64 [height, width, 4], 0 to 255."""
    y, x = np.mgrid[0:height, 0:width]
    u, v = x / width, y / height
    picture = np.stack([230 * u, 200 * v, 120 + 90 * np.sin(9 * u + 6 * v), 255 - 0 * u], axis=-1)
    for _ in range(5):
        inside = np.hypot(x - width * random.random(), y - height * random.random()) < height * (0.06 + 0.2 * random.random())
        picture[inside] = np.concatenate([255 * random.random(3), [90 + 165 * random.random()]])
    picture[..., :3] += random.normal(0, 4, (height, width, 3))
    return picture.clip(0, 255).round().astype(np.uint8)


def decoded(path, size=SIDE):
    image = Image.open(path)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB")
    scale = size / min(image.size)
    image = image.resize([max(size, round(side * scale)) for side in image.size], Image.BILINEAR)
    left, top = ((side - size) // 2 for side in image.size)
    return torch.from_numpy(np.asarray(image.crop((left, top, left + size, top + size))).copy())


def main(folder):
    os.makedirs(folder, exist_ok=True)
    random, results = np.random.default_rng(0), {}
    for name, (width, height, mode, options) in FILES.items():
        picture = Image.fromarray(scene(width, height, random), "RGBA")
        if mode != "RGBA":
            picture = picture.convert("RGB")
        if mode == "P":
            picture = picture.quantize(32)
        elif mode == "L":
            picture = picture.convert("L")
        path = os.path.join(folder, name)
        picture.save(path, **options)
        results[name] = decoded(path)
    write(os.path.join(folder, "decoded.safetensors"), results, {"about": "made by interop/pytorch/decoded_pictures.py"})


if __name__ == "__main__":
    main(*sys.argv[1:])
