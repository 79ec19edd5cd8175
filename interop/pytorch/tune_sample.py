#!/usr/bin/env python3
"""A linear probe and core atoms on a folder of images, trained in PyTorch as docs/method.md describes.

  tune_sample.py TRAIN TEST SEED

Both folders have one sub-folder of images per class. Trains on four fifths of TRAIN (which, the seed decides), with flips. Prints one JSON
object: the seed, `targets`, and `linear-probe` and `core-atoms`, the classes predicted after the last epoch; class numbers in the order
of the sorted paths.
"""
import json, math, sys
import torch
import torch.nn.functional as F
from ensemble import BATCH, images
from layers import bases, core
from starter import convolutions, normalised, starter
from starter_training import Tuned

DIRECTIONS, EPOCHS, WARM_UP = 8, 10, 0.1


def cosine(step, steps):
    """The factor of the learning rate."""
    return min(1, (step + 1) / (WARM_UP * steps)) * 0.5 * (1 + math.cos(math.pi * step / steps))


def batches(count, size):
    return [batch for batch in torch.randperm(count).split(size) if len(batch) == size]


def features(net, x):
    head, net.fc = net.fc, torch.nn.Identity()
    with torch.no_grad():
        found = torch.cat([net(batch) for batch in x.split(BATCH)])
    net.fc = head
    return found


def probe(head, x, labels, epochs=60):
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2, weight_decay=1e-2)
    for _ in range(epochs):
        for batch in batches(len(x), 32):
            optimizer.zero_grad()
            F.cross_entropy(head(x[batch]), labels[batch]).backward()
            optimizer.step()


def tune(net, x, labels):
    """Core atoms in every convolution, and the head."""
    for name, conv in convolutions(net):
        frozen = {key: value.float() for key, value in bases(conv.weight.double(), DIRECTIONS).items()}
        C = torch.zeros(frozen["U"].shape[1], frozen["V"].shape[1], len(frozen["P"]))
        update = lambda v, frozen=frozen, shape=conv.weight.shape: core({"core.C": v["C"]}, frozen, shape)
        parent, _, leaf = name.rpartition(".")
        setattr(net.get_submodule(parent), leaf, Tuned(conv, {"C": C}, update))
    cores = [value for name, value in net.named_parameters() if name.endswith(".C")]
    groups = [{"params": cores, "lr": 1e-2}, {"params": net.fc.parameters(), "lr": 1e-3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
    rates, steps = [group["lr"] for group in optimizer.param_groups], EPOCHS * (len(x) // 16)
    for epoch in range(EPOCHS):
        for index, batch in enumerate(batches(len(x), 16)):
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * cosine(epoch * (len(x) // 16) + index, steps)
            flipped = torch.where(torch.rand(len(batch), 1, 1, 1) < 0.5, x[batch].flip(3), x[batch])
            optimizer.zero_grad()
            F.cross_entropy(net(flipped), labels[batch]).backward()
            optimizer.step()


def main(train, test, seed):
    torch.manual_seed(int(seed))
    (pictures, labels), (unseen, targets) = images(train), images(test)
    kept = torch.randperm(len(labels))[: 4 * len(labels) // 5]
    x, labels = normalised(pictures[kept]).float(), torch.tensor(labels)[kept]
    unseen = normalised(unseen).float()
    net = starter(classes=1 + max(targets)).float()
    net.fc.requires_grad_(True)
    predicted = lambda: net.fc(features(net, unseen)).argmax(1).tolist()
    probe(net.fc, features(net, x), labels)
    results = {"seed": int(seed), "targets": targets, "linear-probe": predicted()}
    tune(net, x, labels)
    print(json.dumps({**results, "core-atoms": predicted()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
