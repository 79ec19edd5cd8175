#!/usr/bin/env python3
"""ResNet-50s with generated weights under the names of every library, and torchvision's results, for src/backbone/weight-forms.test.ts.

  weight_forms.py src/backbone/weight-forms       recipes, small files and expected outputs, which are committed
  weight_forms.py --full out/weights              a whole ResNet-50 as torch.save writes it, 102 MB, in both of its formats, to drop on
                                                  the page by hand; no test reads it

Every weight is offset + k/2^bits with an integer |k| <= range <= 127 from a hash, so that JavaScript generates the same weights, and
float32, float16, bfloat16 and eight-bit quantization represent them exactly. Outputs are computed in float64. Runs on PyTorch 1.13
and torchvision 0.14 (CPU).
"""
import argparse, datetime, json, math, os, pathlib, struct, sys
from collections import Counter, OrderedDict, defaultdict
import numpy as np
import torch
import torch.nn as nn
from torchvision.models.resnet import Bottleneck, ResNet

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CAFFE_MEAN_BGR = [103.939, 116.779, 123.68]
IMAGE_SEED = 100_000


def mixed(x):
    """A 32-bit finalizer (https://github.com/skeeto/hash-prospector, lowbias32)."""
    x = np.uint32(x) if np.isscalar(x) else x.astype(np.uint32)
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
        return x ^ (x >> np.uint32(16))


def hashes(seed, count):
    with np.errstate(over="ignore"):
        return mixed(np.arange(count, dtype=np.uint32) + mixed(seed)).astype(np.float64)


def made(recipe):
    """`recipe`: name, shape, seed, range, bits, offset."""
    _, shape, seed, reach, bits, offset = recipe
    levels = np.floor(hashes(seed, math.prod(shape)) * (2 * reach + 1) / 2**32) - reach
    return (offset + levels / 2**bits).reshape(shape)


def normal_like(deviation):
    """Range and bits of uniform numbers with about this standard deviation."""
    reach = deviation * math.sqrt(3)
    bits = math.floor(math.log2(127 / reach))
    return round(reach * 2**bits), bits


def recipe(name, shape, seed, library_name, library_shape):
    if len(shape) == 4:
        gain = 1 if "downsample" in name else 2
        reach, bits = normal_like(math.sqrt(gain / math.prod(shape[1:])))
        return [library_name, library_shape, seed, reach, bits, 0]
    if name == "fc.weight":
        return [library_name, library_shape, seed, *normal_like(math.sqrt(1 / shape[1])), 0]
    if name.endswith("running_var"):
        return [library_name, library_shape, seed, 32, 7, 1]
    if name.endswith("weight"):
        # The last batch norm of a block is small, so that activations keep their magnitude through sixteen blocks.
        return [library_name, library_shape, seed, 32, 8, 0.5] if "bn3" in name else [library_name, library_shape, seed, 32, 7, 1]
    return [library_name, library_shape, seed, 26, 8, 0]


def network(width, blocks, classes, keras):
    net = ResNet(Bottleneck, [3, 4, 6, 3])
    net.inplanes, net.conv1, net.bn1 = width, nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
    for stage in range(4):
        made_stage = nn.Identity()
        if stage < len(blocks):
            made_stage = net._make_layer(Bottleneck, width * 2**stage, blocks[stage], 1 if stage == 0 else 2)
        setattr(net, f"layer{stage + 1}", made_stage)
    net.fc = nn.Linear(width * 2 ** (len(blocks) + 1), classes)
    if keras:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1.001e-5
            if isinstance(module, Bottleneck):
                module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
            for name, conv in list(module.named_children()):
                if isinstance(conv, nn.Conv2d):
                    conv.bias = nn.Parameter(torch.zeros(conv.out_channels))
    return net.eval()


def hugging_face_name(name):
    module, part = name.rsplit(".", 1)
    if module == "fc":
        return f"classifier.1.{part}"
    kind = "normalization" if "bn" in module or module.endswith("downsample.1") else "convolution"
    if "." not in module:
        return f"resnet.embedder.embedder.{kind}.{part}"
    stage, block, rest = module.split(".", 2)
    unit = "shortcut" if rest.startswith("downsample") else f"layer.{int(rest[-1]) - 1}"
    return f"resnet.encoder.stages.{int(stage[-1]) - 1}.layers.{block}.{unit}.{kind}.{part}"


def keras_name(name):
    module, part = name.rsplit(".", 1)
    if module == "fc":
        return "predictions/" + {"weight": "kernel", "bias": "bias"}[part]
    normalization = "bn" in module or module.endswith("downsample.1")
    names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    part = names[part] if normalization else {"weight": "kernel", "bias": "bias"}[part]
    kind = "bn" if normalization else "conv"
    if "." not in module:
        return f"conv1_{kind}/{part}"
    stage, block, rest = module.split(".", 2)
    number = 0 if rest.startswith("downsample") else int(rest[-1])
    return f"conv{int(stage[-1]) + 1}_block{int(block) + 1}_{number}_{kind}/{part}"


LIBRARY_NAMES = {"torchvision": lambda name: name, "hugging-face": hugging_face_name, "keras": keras_name}
TO_KERAS = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
FROM_KERAS = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}


def filled(width, blocks, classes, library):
    """A network with generated weights, and the recipes of its tensors in the library."""
    keras = library == "keras"
    net = network(width, blocks, classes, keras)
    recipes, state = [], net.state_dict()
    for seed, (name, tensor) in enumerate(list(state.items())):
        if name.endswith("num_batches_tracked"):
            continue
        shape = list(tensor.shape)
        library_shape = [shape[axis] for axis in TO_KERAS[len(shape)]] if keras else shape
        made_by = recipe(name, shape, seed, LIBRARY_NAMES[library](name), library_shape)
        if keras and name == "conv1.weight":
            made_by[4] += 6  # its input is some 64 times larger
        values = made(made_by)
        if keras:
            values = values.transpose(FROM_KERAS[len(shape)])
        state[name] = torch.from_numpy(np.ascontiguousarray(values)).float()
        recipes.append(made_by)
    net.load_state_dict(state)
    return net, recipes


def images(count, side):
    return (hashes(IMAGE_SEED, count * side * side * 3) % 256).reshape(count, side, side, 3)


def outputs(net, pixels, keras):
    x = torch.from_numpy(pixels)  # [n, h, w, RGB], 0-255
    x = x.flip(3) - torch.tensor(CAFFE_MEAN_BGR).double() if keras else (x / 255 - torch.tensor(MEAN).double()) / torch.tensor(STD).double()
    kept = []
    net = net.double()
    net.avgpool.register_forward_hook(lambda _, __, pooled: kept.append(pooled.flatten(1)))
    with torch.no_grad():
        logits = net(x.permute(0, 3, 1, 2))
    net.float()
    return kept[0], logits


def bytes_of(tensor, dtype):
    if dtype == "BF16":
        return (tensor.float().contiguous().numpy().view(np.uint32) >> 16).astype("<u2").tobytes()
    return tensor.detach().contiguous().numpy().astype({"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


def write_safetensors(path, tensors, metadata, dtype="F32"):
    header, parts, end = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        part = bytes_of(tensor, dtype)
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_tfjs(folder, recipes):
    """A layers-model's manifest, as tensorflowjs_converter writes it: kernels quantized to uint8, two shards."""
    weights, data = [], b""
    for made_by in recipes:
        name, shape, _, reach, bits, offset = made_by
        entry, values = {"name": name, "shape": shape, "dtype": "float32"}, made(made_by)
        if len(shape) == 4:
            scale, least = 2.0**-bits, offset - reach / 2**bits
            entry["quantization"] = {"dtype": "uint8", "scale": scale, "min": least, "original_dtype": "float32"}
            data += np.round((values - least) / scale).astype(np.uint8).tobytes()
        else:
            data += values.astype("<f4").tobytes()
        weights.append(entry)
    cut = len(data) // 2 + 3  # inside a number
    shards = {"group1-shard1of2.bin": data[:cut], "group1-shard2of2.bin": data[cut:]}
    for name, part in shards.items():
        open(os.path.join(folder, name), "wb").write(part)
    model = {"format": "layers-model", "generatedBy": "weight_forms.py", "weightsManifest": [{"paths": list(shards), "weights": weights}]}
    json.dump(model, open(os.path.join(folder, "model.json"), "w"), separators=(",", ":"))


def write_views(folder):
    """Tensors that are views of a storage in every way torch.save keeps, and the same numbers row-major."""
    base = torch.arange(-60, 60, dtype=torch.float32) / 8
    kernel = base.view(5, 2, 3, 4)
    views = OrderedDict(
        whole=base, offset=base[7:31].view(4, 6), transposed=base.view(10, 12).t(), every_third=base[2::3],
        channels_last=kernel.to(memory_format=torch.channels_last), window=kernel[1:4, :, 1:, ::2], scalar=base[5],
        empty=base[:0].view(0, 3), one_column=base.view(10, 12)[:, 3:4], half=base.half().view(10, 12).t(), brain=base.bfloat16()[1::2],
    )
    views["parameter"] = nn.Parameter(base[:4])
    views["count"] = torch.tensor(3)
    torch.save(views, os.path.join(folder, "views.pth"))
    torch.save(views, os.path.join(folder, "views-legacy.pth"), _use_new_zipfile_serialization=False)
    numbers = {name: view.detach().float().contiguous() for name, view in views.items() if name != "count"}
    write_safetensors(os.path.join(folder, "views.safetensors"), numbers, {"about": "the tensors of views.pth, row-major"})


class Options(dict):
    """Stands for classes of training scripts that a reader does not have."""


def write_checkpoint(folder):
    """A checkpoint as training scripts save it: weights and their moving average, an auxiliary classifier before the network's own, and other values."""
    net, _ = filled(4, [3], 10, "torchvision")
    average = net.state_dict()
    plain = OrderedDict(("module." + name, 2 * t.double() if t.is_floating_point() else t) for name, t in average.items())
    aux = OrderedDict([("aux.fc.weight", torch.ones(10, 16)), ("aux.fc.bias", torch.ones(10)), *average.items()])
    beside = dict(
        epoch=3, arch="resnet50", best=np.float64(71.5), history=np.arange(6).reshape(2, 3), size=net.fc.weight.shape, dtype=torch.float16,
        device=torch.device("cpu"), big=2**80, huge=-(2**3000), path=pathlib.PurePosixPath("/data"), date=datetime.datetime(2024, 5, 6),
        args=argparse.Namespace(lr=0.1, steps=[30, 60]), options=Options(depth=50), seen={1, 2}, pairs={(1, 2): 3, None: 4}, raw=b"abc",
        counts=Counter("abc"), groups=defaultdict(list, a=[1]), complex=torch.zeros(2, dtype=torch.complex64), sparse=torch.eye(2).to_sparse(),
        optimizer=torch.optim.SGD(net.parameters(), 0.1).state_dict(), flag=..., layers=OrderedDict,
    )
    torch.save({"state_dict": plain, **beside, "state_dict_ema": aux}, os.path.join(folder, "checkpoint.pth"))
    torch.save({"model": average, **beside}, os.path.join(folder, "checkpoint-protocol-4.pth"), pickle_protocol=4)


def write_committed(folder):
    expected = OrderedDict()
    for size, (width, blocks, classes, count, side) in {"full": (64, [3, 4, 6, 3], 1000, 1, 64), "narrow": (4, [3, 4], 10, 2, 48)}.items():
        for library in LIBRARY_NAMES:
            net, recipes = filled(width, blocks, classes, library)
            features, logits = outputs(net, images(count, side), library == "keras")
            expected[f"{size}.{library}.features"], expected[f"{size}.{library}.logits"] = features, logits
            print(size, library, "features", features.mean().item(), features.max().item(), "logits", logits.std().item())
            if size == "full":
                lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in recipes)
                open(os.path.join(folder, f"{library}.json"), "w").write(f"[\n{lines}\n]\n")
                continue
            state = net.state_dict()
            if library == "torchvision":
                torch.save(state, os.path.join(folder, "narrow.pth"))
                module = OrderedDict(("module." + name, t.half() if t.is_floating_point() else t) for name, t in state.items())
                torch.save({"epoch": 3, "arch": "resnet50", "best_acc1": 12.5, "state_dict": module, "lr": [0.1, 0.01]},
                           os.path.join(folder, "narrow-legacy.pth"), _use_new_zipfile_serialization=False)
            elif library == "hugging-face":
                tensors = {hugging_face_name(n): t for n, t in state.items() if t.is_floating_point()}
                write_safetensors(os.path.join(folder, "narrow-hugging-face.safetensors"), tensors, {"format": "pt"}, "BF16")
            else:
                write_tfjs(folder, recipes)
    write_safetensors(os.path.join(folder, "expected.safetensors"), expected, {"about": "made by interop/pytorch/weight_forms.py"})
    write_views(folder)
    write_checkpoint(folder)


def write_full(folder):
    net, _ = filled(64, [3, 4, 6, 3], 1000, "torchvision")
    torch.save(net.state_dict(), os.path.join(folder, "resnet50.pth"))
    torch.save(net.state_dict(), os.path.join(folder, "resnet50-legacy.pth"), _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    *flags, target = sys.argv[1:]
    os.makedirs(target, exist_ok=True)
    write_full(target) if flags == ["--full"] else write_committed(target)
