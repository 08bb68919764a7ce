#!/usr/bin/env python3
"""Writes training_cases.txt, which training_cases_test.cpp reads: gradients and trajectories of PyTorch, in double.

    python3 make_training_cases.py > training_cases.txt        (made with Debian's python3-torch 1.13; any version will do)

Pictures are transposed to N×H×W×C, weights of convolutions to O×KH×KW×I, of transposed ones to I×KH×KW×O. Three kinds:

`layer NAME KIND ATTRIBUTES…`      y = f(inputs, parameters), then the gradients of Σ seed · y (of y itself where there is no
                                   seed, a loss) to every `input` and `parameter`, in that order. `fixed` ones have none.
`function NAME OPTIMISER OPTIONS…` the chained Rosenbrock function of function() below from `start` on: `loss` before each
                                   step, and `end`, where the weights stand after the last.
`network NAME OPTIMISER OPTIONS…`  the same of the network of network() below, on one batch of `input` and `labels`;
                                   `running` is the mean and variance of its normalization for later use.

Tensor lines: `WORD EXTENTS… : VALUES…`.
"""

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)


def rounded(t):
    """What is written is float: the values must be, before anything is computed from them."""
    return t.float().double()


def random(*shape, scale=1.0):
    return rounded(torch.randn(*shape) * scale)


def write(word, t):
    t = t.detach()
    extents = "".join(f" {e}" for e in t.shape)
    print(f"{word}{extents} :", *(f"{v:.9g}" for v in t.flatten().tolist()))


def nhwc(t):
    return t.permute(0, 2, 3, 1)


def ihwo(t):  # PyTorch's transposed weights are I×O×KH×KW
    return t.permute(0, 2, 3, 1)


def same(t):
    return t


def layer(name, kind, f, tensors, out=same, seeded=True):
    """tensors: (word, tensor in PyTorch's layout, how to write it)."""
    for word, t, _ in tensors:
        t.requires_grad_(word in ("input", "parameter"))
    y = f(*(t for _, t, _ in tensors))
    seed = random(*y.shape) if seeded else torch.ones(y.shape)
    (seed * y).sum().backward()
    print(f"layer {name} {kind}")
    for word, t, layout in tensors:
        write(word, layout(t))
    if seeded:
        write("seed", out(seed))
    write("output", out(y))
    for word, t, layout in tensors:
        if t.requires_grad:
            write("gradient", layout(t.grad))


def convolutions():
    def conv(name, batch, inputs, outputs, size, kernel, bias=True, **options):
        group, stride = options.get("groups", 1), options.get("stride", (1, 1))
        pad, dilation = options.get("padding", (0, 0)), options.get("dilation", (1, 1))
        text = f"kernel={kernel[0]},{kernel[1]} strides={stride[0]},{stride[1]} dilations={dilation[0]},{dilation[1]}"
        text += f" pads={pad[0]},{pad[1]},{pad[0]},{pad[1]} group={group}"
        x, w = random(batch, inputs, *size), random(outputs, inputs // group, *kernel, scale=0.3)
        tensors = [("input", x, nhwc), ("parameter", w, nhwc)]
        tensors += [("parameter", random(outputs), same)] if bias else []
        layer(name, "Conv " + text, lambda *t: F.conv2d(*t, **options), tensors, nhwc)

    conv("conv_same", 3, 3, 5, (6, 5), (3, 3), padding=(1, 1))
    conv("conv_stride_that_does_not_divide", 2, 2, 3, (7, 6), (3, 2), bias=False, stride=(2, 3), padding=(1, 0))
    conv("conv_groups_and_dilation", 2, 4, 6, (7, 7), (2, 3), groups=2, dilation=(2, 1), padding=(0, 1))
    conv("conv_depthwise", 2, 5, 5, (6, 7), (3, 3), groups=5, stride=(2, 2), padding=(1, 1))
    conv("conv_depthwise_dilated", 2, 4, 4, (7, 6), (3, 3), groups=4, dilation=(2, 2), padding=(2, 2))
    conv("conv_channel_multiplier", 2, 3, 6, (5, 5), (3, 3), groups=3, padding=(1, 1))
    conv("conv_pointwise", 4, 19, 7, (3, 2), (1, 1))
    conv("conv_first_layer", 2, 3, 4, (13, 12), (7, 7), stride=(2, 2), padding=(3, 3))

    def transposed(name, batch, inputs, outputs, size, kernel, bias=True, **options):
        group, stride = options.get("groups", 1), options.get("stride", (1, 1))
        pad, dilation = options.get("padding", (0, 0)), options.get("dilation", (1, 1))
        rest = options.get("output_padding", (0, 0))
        text = f"kernel={kernel[0]},{kernel[1]} strides={stride[0]},{stride[1]} dilations={dilation[0]},{dilation[1]}"
        text += f" pads={pad[0]},{pad[1]},{pad[0]},{pad[1]} group={group} output_padding={rest[0]},{rest[1]}"
        x, w = random(batch, inputs, *size), random(inputs, outputs // group, *kernel, scale=0.3)
        tensors = [("input", x, nhwc), ("parameter", w, ihwo)]
        tensors += [("parameter", random(outputs), same)] if bias else []
        layer(name, "ConvTranspose " + text, lambda *t: F.conv_transpose2d(*t, **options), tensors, nhwc)

    transposed("deconv_twice_the_size", 2, 3, 5, (3, 4), (2, 2), stride=(2, 2))
    transposed("deconv_output_padding", 2, 4, 3, (3, 2), (3, 4), stride=(2, 2), padding=(1, 1), output_padding=(1, 0))
    transposed("deconv_groups_and_dilation", 2, 4, 6, (3, 3), (3, 2), bias=False, groups=2, dilation=(2, 1))
    transposed("deconv_depthwise", 3, 5, 5, (3, 2), (3, 3), groups=5, stride=(2, 2), padding=(1, 1))


def products():
    x, w, b = random(4, 7), random(5, 7), random(5)
    layer("linear", "Gemm transB=1", F.linear, [("input", x, same), ("parameter", w, same), ("parameter", b, same)])
    x, w = random(3, 6), random(6, 4)
    layer("gemm", "Gemm", torch.matmul, [("input", x, same), ("parameter", w, same)])
    x, w = random(2, 3, 5), random(5, 4)
    layer("matmul_by_weights", "MatMul", torch.matmul, [("input", x, same), ("parameter", w, same)])
    a, b = random(2, 1, 3, 4), random(2, 5, 4)
    f = lambda a, b: torch.matmul(a, b.transpose(-1, -2))
    layer("matmul_of_two_inputs", "MatMul transB=1", f, [("input", a, same), ("input", b, same)])


def normalizations():
    x, scale, bias = random(3, 5, 4, 3), random(5), random(5)
    mean, variance = random(5), rounded(torch.rand(5) + 0.5)
    learnt = [("parameter", scale, same), ("parameter", bias, same)]
    f = lambda x, s, b, m, v: F.batch_norm(x, m, v, s, b, False, 0.1, 1e-3)
    tensors = [("input", x, nhwc), *learnt, ("fixed", mean, same), ("fixed", variance, same)]
    layer("batch_norm_inference", "BatchNormalization epsilon=1e-3", f, tensors, nhwc)

    def fresh(*shape):
        return [("input", random(*shape), nhwc), ("parameter", random(shape[1]), same), ("parameter", random(shape[1]), same)]

    f = lambda x, s, b: F.batch_norm(x, None, None, s, b, True, 0.1, 1e-3)
    layer("batch_norm_training", "BatchNormalization training=1 epsilon=1e-3", f, fresh(3, 5, 4, 3), nhwc)
    f = lambda x, s, b: F.instance_norm(x, None, None, s, b, True, 0.1, 1e-3)
    layer("instance_norm", "InstanceNormalization epsilon=1e-3", f, fresh(3, 4, 5, 3), nhwc)
    f = lambda x, s, b: F.group_norm(x, 2, s, b, 1e-3)
    layer("group_norm", "GroupNormalization groups=2 epsilon=1e-3", f, fresh(2, 6, 3, 4), nhwc)
    f = lambda x, s, b: F.layer_norm(x, (7,), s, b, 1e-3)
    tensors = [("input", random(2, 3, 7), same), ("parameter", random(7), same), ("parameter", random(7), same)]
    layer("layer_norm", "LayerNormalization epsilon=1e-3", f, tensors)
    slope = random(5, scale=0.3)
    layer("prelu", "PRelu", F.prelu, [("input", random(2, 5, 4, 3), nhwc), ("parameter", slope, same)], nhwc)


def losses():
    def cross_entropy(name, x, target, layout=same, word="fixed"):
        kind = "SoftmaxCrossEntropyLoss" + (" labels=1" if target.dtype == torch.int64 else "")
        f = lambda x, t: F.cross_entropy(x, target if target.dtype == torch.int64 else t)
        write_target = same if target.dtype == torch.int64 else layout
        layer(name, kind, f, [("input", x, layout), (word, target.double(), write_target)], seeded=False)

    cross_entropy("cross_entropy_labels", random(5, 7), torch.tensor([6, 0, 3, 3, 1]))
    cross_entropy("cross_entropy_huge_logits", random(4, 5, scale=3000), torch.tensor([0, 1, 2, 3]))
    cross_entropy("cross_entropy_of_pixels", random(2, 4, 3, 2), torch.randint(0, 4, (2, 3, 2)), nhwc)
    soft = rounded(torch.softmax(random(5, 7), 1))
    cross_entropy("cross_entropy_probabilities", random(5, 7), soft, word="input")
    cross_entropy("cross_entropy_unnormalized", random(3, 4), rounded(torch.rand(3, 4) * 2), word="input")
    tensors = [("input", random(3, 4, 2, 5), same), ("input", random(3, 4, 2, 5), same)]
    layer("mean_squared_error", "MeanSquaredError", F.mse_loss, tensors, seeded=False)


def function(weights):
    """Rosenbrock's valley, chained over all weights, with walls of 5 instead of 100."""
    x = torch.cat([w.flatten() for w in weights])
    return (5 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def network(x, labels, weights, running):
    """conv 3×3 → batch normalization → ReLU → max pool 2×2 → fully connected → cross-entropy."""
    conv, scale, bias, matrix, shift = weights
    y = F.conv2d(x, conv, padding=1)
    y = F.batch_norm(y, running[0], running[1], scale, bias, True, 0.1, 1e-5)
    y = F.max_pool2d(F.relu(y), 2)
    return F.cross_entropy(F.linear(nhwc(y).flatten(1), matrix, shift), labels)


OPTIMISERS = {
    "SGD": (torch.optim.SGD, {"learning_rate": "lr"}),
    "Adam": (torch.optim.Adam, {"learning_rate": "lr"}),
    "AdamW": (torch.optim.AdamW, {"learning_rate": "lr"}),
    "LBFGS": (torch.optim.LBFGS, {"learning_rate": "lr", "history": "history_size"}),
}


def descend(kind, options, weights, loss_of, steps):
    make, names = OPTIMISERS[kind]
    given = {names.get(name, name): value for name, value in options.items()}
    if "nesterov" in given:
        given["nesterov"] = bool(given["nesterov"])
    if "beta1" in given:
        given["betas"] = (given.pop("beta1"), given.pop("beta2"))
    if "epsilon" in given:
        given["eps"] = given.pop("epsilon")
    if kind == "LBFGS":
        given |= {"max_iter": 1, "max_eval": 1000, "line_search_fn": "strong_wolfe", "tolerance_grad": 0, "tolerance_change": 0}
    optimiser = make(weights, **given)

    def closure():
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    return [optimiser.step(closure).item() for _ in range(steps)]


def trajectory(word, name, kind, options, tensors, weights, loss_of, layouts, steps, running=()):
    print(word, name, kind, *(f"{key}={value}" for key, value in options.items()))
    for label, t in tensors:
        write(label, t)
    for w, layout in zip(weights, layouts):
        write("start", layout(w))
        w.requires_grad_(True)
    losses = descend(kind, options, weights, loss_of, steps)
    write("loss", torch.tensor(losses))
    for w, layout in zip(weights, layouts):
        write("end", layout(w))
    for t in running:
        write("running", t)


CHOICES = [
    ("plain", "SGD", {"learning_rate": 0.01}),
    ("momentum", "SGD", {"learning_rate": 0.004, "momentum": 0.9}),
    ("nesterov", "SGD", {"learning_rate": 0.004, "momentum": 0.9, "nesterov": 1, "weight_decay": 0.01}),
    ("dampened", "SGD", {"learning_rate": 0.01, "momentum": 0.8, "dampening": 0.3}),
    ("adam", "Adam", {"learning_rate": 0.05}),
    ("adam_betas", "Adam", {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-4, "weight_decay": 0.1}),
    ("adamw", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("lbfgs", "LBFGS", {"learning_rate": 1, "history": 10}),
    ("lbfgs_short_memory", "LBFGS", {"learning_rate": 0.5, "history": 2}),
]


def trajectories():
    for name, kind, options in CHOICES:
        weights = [torch.tensor([-0.7, 0.4, 1.5, 0.2]).float().double(), torch.tensor([[0.5], [-0.3]]).float().double()]
        trajectory("function", name, kind, options, [], weights, lambda: function(weights), [same, same], 20)
    x, labels = random(6, 2, 6, 6), torch.tensor([0, 2, 1, 2, 0, 1])
    first = [random(4, 2, 3, 3, scale=0.3), torch.ones(4), torch.zeros(4), random(3, 36, scale=0.2), random(3, scale=0.1)]
    for name, kind, options in CHOICES:
        weights, running = [w.clone() for w in first], [torch.zeros(4), torch.ones(4)]
        if kind == "LBFGS":
            options = options | {"learning_rate": 0.1}
        tensors = [("input", nhwc(x)), ("labels", labels.double())]
        loss_of = lambda: network(x, labels, weights, running)
        # Line searches look ahead, and each look moves PyTorch's running statistics. Over more steps the curvature
        # that L-BFGS estimates from differences of gradients makes 1e-4 out of float's rounding.
        kept, steps = ([], 6) if kind == "LBFGS" else (running, 8)
        trajectory("network", name, kind, options, tensors, weights, loss_of, [nhwc, same, same, same, same], steps, kept)


convolutions()
products()
normalizations()
losses()
trajectories()
