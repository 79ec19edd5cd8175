#!/usr/bin/env python3
"""Classifies a folder of images with adapters of core atoms on the starter backbone, and with the mean of their logits.

  ensemble.py FOLDER adapter.safetensors adapter.safetensors ...

FOLDER has one sub-folder of images per class. Prints one JSON object: `targets`, `predicted` of the mean of the logits, and `members`,
the predictions of each adapter; class numbers in the order of the sorted paths.
"""
import json, os, sys
import torch
from core_adapter import SIZE, tuned
from decoded_pictures import decoded
from starter import normalised
from tensor_file import read

STORED = SIZE * 8 // 7  # the shorter side, of which the centre is the input
BATCH = 50


def images(folder):
    """u8 [n, SIZE, SIZE, 3], and the class numbers."""
    edge = (STORED - SIZE) // 2
    classes = sorted(os.listdir(folder))
    paths = [(label, name) for label in classes for name in sorted(os.listdir(os.path.join(folder, label)))]
    whole = torch.stack([decoded(os.path.join(folder, label, name), STORED) for label, name in paths])
    return whole[:, edge : edge + SIZE, edge : edge + SIZE], [classes.index(label) for label, _ in paths]


def logits(path, pictures):
    tensors, metadata = read(path)
    net = tuned(tensors, int(json.loads(metadata["adapter"])["options"]["r"]))
    with torch.no_grad():
        return torch.cat([net(normalised(batch)) for batch in pictures.split(BATCH)])


def main(folder, *adapters):
    pictures, targets = images(folder)
    members = [logits(path, pictures) for path in adapters]
    chosen = lambda scores: scores.argmax(1).tolist()
    print(json.dumps({"targets": targets, "predicted": chosen(sum(members)), "members": [chosen(each) for each in members]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
