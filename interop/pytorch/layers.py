#!/usr/bin/env python3
"""Reference values for single layers: five shapes of convolution under every setting (docs/method.md, sections 1 to 4).

  layers.py values/layers.safetensors            makes the file that the tests compare with
  layers.py --check values/layers.safetensors    computes a file's values again from its inputs; prints how far they differ

For each shape: the kernel W, an input x, a gradient dy of the output, the atoms D and D_c with the coefficients alpha and alpha_c
that follow from them, the bases U, V, P of its channels and positions, and for every setting its trained tensors, the update dW, the output y before the ReLU, and by dy the
gradients of x and of the trained tensors. PyTorch's order: kernels [c_out, c_in, k, k], images [n, c, h, w]. Everything is computed
in float64. W, x, dy and the trained tensors are numbers that F16 holds exactly, and are stored as F16; the rest is stored as F32.

The gradients of the setting "all" are those of "over" and "coef": a convolution's gradient by its kernel does not depend on the
kernel. They are not stored again.
"""
import json, math, sys
import torch
import torch.nn.functional as F
from tensor_file import read, relative_error, write

LAMBDA, ITERATIONS, ALTERNATIONS = 1e-3, 20, 10
POSITIONS = 9  # the greatest number of directions of positions
# c_in, c_out, k, stride, padding, size of the input, m, m1, channels of a block, rank, directions of a basis.
SHAPES = {
    "k3s1": (8, 12, 3, 1, 1, 9, 9, 3, 2, 2, 3),
    "k3s2": (16, 8, 3, 2, 1, 10, 6, 2, 2, 4, 4),
    "k1s2": (12, 16, 1, 2, 0, 7, 4, 2, 4, 2, 3),
    "k7s2": (3, 16, 7, 2, 3, 23, 9, 2, 4, 1, 3),
    "k3wide": (32, 32, 3, 1, 1, 7, 9, 3, 4, 4, 5),
}


# ---------------------------------------------------------------- section 1: coefficients and atoms


def blocks(kernel, out, inner):
    """Kernel to rows [(c_out / out)(c_in / inner), out*k*inner*k], each row in the order (p k q l)."""
    c_out, c_in, k, _ = kernel.shape
    parts = kernel.reshape(c_out // out, out, c_in // inner, inner, k, k)
    return parts.permute(0, 2, 1, 4, 3, 5).reshape(-1, out * k * inner * k)


def unblocked(rows, shape, out, inner):
    """The inverse of `blocks`."""
    c_out, c_in, k, _ = shape
    parts = rows.reshape(c_out // out, c_in // inner, out, k, inner, k)
    return parts.permute(0, 2, 1, 4, 3, 5).reshape(shape)


def codes(X, D):
    """FISTA (Beck and Teboulle 2009) from zero: [rows, n]."""
    lipschitz = torch.linalg.eigvalsh(D @ D.T)[-1].item()
    z = torch.zeros(len(X), len(D), dtype=X.dtype)
    y, t = z, 1.0
    for _ in range(ITERATIONS):
        step = F.softshrink(y - (y @ D - X) @ D.T / lipschitz, LAMBDA / lipschitz)
        following = (1 + math.sqrt(1 + 4 * t * t)) / 2
        y, z, t = step + (t - 1) / following * (step - z), step, following
    return z


def learned_atoms(X, n):
    """n unit-norm atoms, initially orthogonal; each in turn becomes the best direction for the residual of the others."""
    width = max(n, X.shape[1])
    D = F.normalize(torch.linalg.qr(torch.randn(width, width, dtype=X.dtype))[0][:n, : X.shape[1]], dim=1)
    for _ in range(ALTERNATIONS):
        Z = codes(X, D)
        for j in range(n):
            rest = X - Z @ D + torch.outer(Z[:, j], D[j])
            direction = Z[:, j] @ rest
            D[j] = F.normalize(direction if direction.norm() > 1e-10 else torch.randn_like(direction), dim=0)
    return D


def quality(X, D, Z):
    """The objective, and the relative error of the reconstruction."""
    residual = X - Z @ D
    return 0.5 * residual.square().sum().item() + LAMBDA * Z.abs().sum().item(), (residual.norm() / X.norm()).item()


def signed(columns):
    """Each column times the sign that makes its entry of largest magnitude positive."""
    return columns * torch.sign(columns.gather(0, columns.abs().argmax(0, keepdim=True)))


def bases(W, directions):
    """U [c_out, r] and V [c_in, r], scaled by sqrt(sigma / sigma_1), and P [m', k^2] (docs/method.md, section 1.4)."""
    c_out, c_in, k, _ = W.shape
    r = min(directions, c_out, c_in)

    def basis(matrix):
        left, values, _ = torch.linalg.svd(matrix, full_matrices=False)
        return signed(left[:, :r]) * (values[:r] / values[0]).sqrt()

    P = torch.eye(k * k, dtype=W.dtype)
    if k * k > POSITIONS:
        P = signed(torch.linalg.svd(W.reshape(-1, k * k), full_matrices=False)[2][:POSITIONS].T).T
    return {"U": basis(W.reshape(c_out, -1)), "V": basis(W.transpose(0, 1).reshape(c_in, -1)), "P": P}


def singular_vectors(W):
    """W as a matrix [c_out, c_in*k*k]: the singular vectors in U's columns and V's rows, and the singular values."""
    left, values, right = torch.linalg.svd(W.reshape(len(W), -1), full_matrices=False)
    signs = torch.sign(left.gather(0, left.abs().argmax(0, keepdim=True)))
    return left * signs, values, right * signs.T


# ---------------------------------------------------------------- section 2: the settings


def overcomplete(v, alpha, shape):
    return torch.einsum("oij,ijl,jlp->oip", alpha, v["over.beta"], v["over.D1"]).reshape(shape)


def block_change(v, case, shape):
    return unblocked(case["alpha_c"] @ v["coef.dDc"], shape, case["kc_out"], case["kc_in"])


def core(v, case, shape):
    return torch.einsum("abj,oa,ib,jp->oip", v["core.C"], case["U"], case["V"], case["P"]).reshape(shape)


def lora_xs(v, case, shape):
    left, values, right = singular_vectors(case["W"])
    r = len(v["xs.R"])
    return (left[:, :r] * values[:r] @ v["xs.R"] @ right[:r]).reshape(shape)


def svf(v, case, shape):
    left, _, right = singular_vectors(case["W"])
    return (left * v["svf.dS"] @ right).reshape(shape)


def low_rank_blocks(v, case, shape):
    return unblocked(case["alpha_c"] @ (v["low.A"] @ v["low.B"]), shape, case["kc_out"], case["kc_in"])


# Trained tensors, and the update dW that they make. LoRA's scale alpha/r is 1 here.
KERNEL_SETTINGS = {
    "atoms": (["atoms.dD"], lambda v, case, shape: torch.einsum("oij,jp->oip", case["alpha"], v["atoms.dD"]).reshape(shape)),
    "over": (["over.D1", "over.beta"], lambda v, case, shape: overcomplete(v, case["alpha"], shape)),
    "coef": (["coef.dDc"], block_change),
    "all": (
        ["over.D1", "over.beta", "coef.dDc"],
        lambda v, case, shape: overcomplete(v, case["alpha"], shape) + block_change(v, case, shape),
    ),
    "lora": (["lora.A", "lora.B"], lambda v, case, shape: (v["lora.B"] @ v["lora.A"]).reshape(shape)),
    "peft": (["peft.A", "peft.B"], lambda v, case, shape: torch.einsum("orxy,rihw->oihw", v["peft.B"], v["peft.A"])),
    "core": (["core.C"], core),
    "xs": (["xs.R"], lora_xs),
    "svf": (["svf.dS"], svf),
    "low": (["low.A", "low.B"], low_rank_blocks),
    "full": (["full.W"], lambda v, case, shape: v["full.W"] - case["W"]),
}
channels = lambda vector: vector.view(1, -1, 1, 1)
# Trained tensors, and the output from z = conv(x, W) + b.
BIAS_SETTINGS = {
    "bitfit": (["bitfit.db"], lambda v, z: z + channels(v["bitfit.db"])),
    "ssf": (["ssf.gamma", "ssf.beta"], lambda v, z: (1 + channels(v["ssf.gamma"])) * z + channels(v["ssf.beta"])),
}


def inputs(case):
    """The inputs from which all other values are computed."""
    c_in, c_out, k, m, m1, rank, n = (case[name] for name in ("c_in", "c_out", "k", "m", "m1", "rank", "n"))
    side = (case["size"] + 2 * case["padding"] - k) // case["stride"] + 1
    columns = case["kc_out"] * k * case["kc_in"] * k
    normal = lambda deviation, *shape: deviation * torch.randn(shape)
    made = {
        "W": normal(math.sqrt(2 / (c_in * k * k)), c_out, c_in, k, k),
        "x": normal(1, 2, c_in, case["size"], case["size"]),
        "dy": normal(1, 2, c_out, side, side),
        "b": normal(1, c_out),
        "atoms.dD": normal(1, m, k * k),
        "over.D1": normal(1, m, m1, k * k),
        "over.beta": normal(math.sqrt(1 / (3 * m * m1)), c_in, m, m1),
        "coef.dDc": normal(0.3, n, columns),
        "lora.A": normal(0.3, rank * k, c_in * k),
        "lora.B": normal(0.3, c_out * k, rank * k),
        "peft.A": normal(0.3, rank, c_in, k, k),
        "peft.B": normal(0.3, c_out, rank, 1, 1),
        "full.W": normal(math.sqrt(2 / (c_in * k * k)), c_out, c_in, k, k),
        "bitfit.db": normal(0.3, c_out),
        "ssf.gamma": normal(0.3, c_out),
        "ssf.beta": normal(0.3, c_out),
    }
    # A generator of their own: the numbers above do not depend on these.
    generator = torch.Generator().manual_seed(c_in * c_out * k)
    drawn = lambda deviation, *shape: deviation * torch.randn(shape, generator=generator)
    r = min(case["directions"], c_out, c_in)
    made.update(
        {
            "core.C": drawn(0.1, r, r, min(k * k, POSITIONS)),
            "xs.R": drawn(0.3, r, r),
            "svf.dS": drawn(0.3, min(c_out, c_in * k * k)),
        }
    )
    if k > 1:
        made.update({"low.A": drawn(0.3, n, rank), "low.B": drawn(0.3, rank, columns)})
    return {name: value.half() for name, value in made.items()}


# ---------------------------------------------------------------- all values of a shape


def decomposition(case, given, D=None, D_c=None):
    """Atoms rounded to float32, their coefficients, and their objective and error. Atoms that are not given are learned."""
    W = given["W"].double()
    rows, block_rows = blocks(W, 1, 1), blocks(W, case["kc_out"], case["kc_in"])
    D = (learned_atoms(rows, case["m"]) if D is None else D).float().double()
    D_c = (learned_atoms(block_rows, case["n"]) if D_c is None else D_c).float().double()
    alpha, alpha_c = codes(rows, D), codes(block_rows, D_c)
    objective, error = quality(rows, D, alpha)
    objective_c, error_c = quality(block_rows, D_c, alpha_c)
    values = {"D": D, "D_c": D_c, "alpha": alpha.view(*W.shape[:2], -1), "alpha_c": alpha_c, **bases(W, case["directions"])}
    return values, {"objective": objective, "rel_error": error, "objective_c": objective_c, "rel_error_c": error_c}


def settings(case, given):
    """dW, y and the gradients of every setting whose trained tensors are given, with alpha and alpha_c."""
    given = {name: value.double() for name, value in given.items()}
    results = {}

    def run(setting, names, output):
        if any(name not in given for name in names):
            return
        v = {name: given[name].clone().requires_grad_() for name in names}
        x = given["x"].clone().requires_grad_()
        y = output(v, x)
        y.backward(given["dy"])
        results.update({f"{setting}.y": y, f"{setting}.grad_x": x.grad})
        results.update({f"{setting}.grad.{name}": value.grad for name, value in v.items()})

    convolved = lambda x, kernel, bias=None: F.conv2d(x, kernel, bias, case["stride"], case["padding"])
    for setting, (names, update) in KERNEL_SETTINGS.items():

        def output(v, x):
            change = update(v, {**case, **given}, given["W"].shape)
            results[f"{setting}.dW"] = change
            return convolved(x, given["W"] + change)

        run(setting, names, output)
    for setting, (names, after) in BIAS_SETTINGS.items():
        run(setting, names, lambda v, x: after(v, convolved(x, given["W"], given["b"])))
    return results


def is_stored(name):
    return not name.startswith("all.grad.")


def make(out):
    torch.manual_seed(0)
    tensors, cases = {}, {}
    for name, (c_in, c_out, k, stride, padding, size, m, m1, kc, rank, directions) in SHAPES.items():
        kc_in, kc_out = (kc if c_in % kc == 0 else 1), (kc if c_out % kc == 0 else 1)
        case = dict(c_in=c_in, c_out=c_out, k=k, stride=stride, padding=padding, size=size, m=m, m1=m1, kc_in=kc_in)
        case.update(kc_out=kc_out, n=min(m * kc_in * kc_out, kc_out * k * kc_in * k), rank=rank, directions=directions)
        given = inputs(case)
        coded, measures = decomposition(case, given)
        results = settings(case, {**given, **coded})
        for part, gradient in results.items():
            if not is_stored(part):
                twin = part.replace("all.grad.", f"{part.split('.')[2]}.grad.")
                assert relative_error(gradient, results[twin]) < 1e-12, part
        stored = {**given, **coded, **{part: value for part, value in results.items() if is_stored(part)}}
        tensors.update({f"{name}.{part}": value for part, value in stored.items()})
        cases[name] = {**case, **measures}
    about = "made by interop/pytorch/layers.py, which states the formulas; PyTorch order, NCHW"
    write(out, tensors, {"about": about, "cases": json.dumps(cases)})


def check(path):
    tensors, metadata = read(path)
    greatest = 0.0
    for name, case in json.loads(metadata["cases"]).items():
        given = {key[len(name) + 1 :]: value for key, value in tensors.items() if key.startswith(f"{name}.")}
        coded, measures = decomposition(case, given, given["D"], given["D_c"])
        # Settings follow from the coefficients as stored.
        again = {**coded, **settings(case, given)}
        errors = {part: relative_error(again[part], given[part]) for part in again if part in given}
        errors.update({part: abs(measures[part] / case[part] - 1) for part in measures})
        worst = max(errors, key=errors.get)
        print(f"{name}: {len(errors)} values, the farthest is {worst}, {errors[worst]:.1e} relative")
        greatest = max(greatest, errors[worst])
    sys.exit(0 if greatest < 1e-4 else 1)


if __name__ == "__main__":
    *flags, target = sys.argv[1:]
    check(target) if flags == ["--check"] else make(target)
