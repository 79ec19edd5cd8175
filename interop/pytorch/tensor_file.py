"""Reads and writes safetensors files (https://github.com/huggingface/safetensors), so that the scripts need PyTorch alone."""
import json, struct
import numpy as np
import torch

TYPES = {"F32": np.float32, "F16": np.float16, "U8": np.uint8}


def read(path):
    """Returns the tensors by name, and the metadata."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        values = np.frombuffer(body[slice(*entry["data_offsets"])], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors, metadata


def write(path, tensors, metadata):
    """float64 is stored as F32; the other types are kept. Wider types come first, so that every tensor is aligned."""
    stored = {name: t.detach().float() if t.dtype == torch.float64 else t.detach() for name, t in tensors.items()}
    header, blocks, end = {"__metadata__": metadata}, [], 0
    for name in sorted(stored, key=lambda name: (-stored[name].element_size(), name)):
        values = stored[name].contiguous().numpy()
        dtype = next(dtype for dtype, type in TYPES.items() if values.dtype == type)
        block = values.tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def relative_error(actual, expected):
    """|actual - expected| / |expected|, Euclidean; 0 if both are zero."""
    actual, expected = actual.double(), expected.double()
    difference = (actual - expected).norm().item()
    return difference / expected.norm().item() if difference else 0.0
