"""The starter backbone in PyTorch: ResNet-50's layers at quarter width (public/backbones), batch norm in inference mode."""
import os
import torch
import torch.nn as nn
from torchvision.models.resnet import Bottleneck, ResNet
from tensor_file import read

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WEIGHTS = os.path.join(PROJECT, "public", "backbones", "starter-resnet50-w16.safetensors")
WIDTH, BLOCKS, FEATURES = 16, (3, 4, 6, 3), 512
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def starter(classes=None):
    """The network in float64, frozen. `classes`: with a head of zeros that is trained instead of the file's own."""
    state, _ = read(WEIGHTS)
    net = ResNet(Bottleneck, list(BLOCKS))
    net.inplanes, net.conv1, net.bn1 = WIDTH, nn.Conv2d(3, WIDTH, 7, 2, 3, bias=False), nn.BatchNorm2d(WIDTH)
    for stage, count in enumerate(BLOCKS):
        setattr(net, f"layer{stage + 1}", net._make_layer(Bottleneck, WIDTH * 2**stage, count, 1 if stage == 0 else 2))
    net.fc = nn.Linear(FEATURES, len(state["fc.bias"]))
    missing = net.load_state_dict({name: value.float() for name, value in state.items()}, strict=False).missing_keys
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    net.requires_grad_(False)
    if classes is not None:
        net.fc = nn.Linear(FEATURES, classes)
        nn.init.zeros_(net.fc.weight), nn.init.zeros_(net.fc.bias)
    return net.eval().double()


def convolutions(net):
    return [(name, module) for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]


def normalised(images):
    """u8 [n, h, w, c] to (x/255 - mean)/std, [n, c, h, w] in float64."""
    return ((images.double() / 255 - MEAN.double()) / STD.double()).permute(0, 3, 1, 2)
