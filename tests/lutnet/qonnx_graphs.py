"""QONNX graphs, and what they compute by QONNX's definitions, in fractions."""

import math
from fractions import Fraction

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DOMAIN = "qonnx.custom_op.general"
ROUND = {
    "ROUND": round,
    "FLOOR": math.floor,
    "CEIL": math.ceil,
    "DOWN": math.trunc,
}


class Graph:
    """Builds a graph, and beside it a list of steps for the reference."""

    def __init__(self, features):
        self.features, self.tensor = features, "x"
        self.nodes, self.constants, self.steps = [], [], []

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    def node(self, kind, *inputs, steps=None, domain="", result=None, **attributes):
        result = result or f"t{len(self.nodes)}"
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, [result], name=name, domain=domain, **attributes)
        )
        return result

    def then(self, step, kind, *constants, first=False, **attributes):
        names = [each if isinstance(each, str) else self.constant(each) for each in constants]
        inputs = [*names, self.tensor] if first else [self.tensor, *names]
        self.tensor = self.node(kind, *inputs, **attributes)
        self.steps.append(step)

    def quant(self, scale, zero=0.0, bits=2, signed=1, narrow=0, mode="ROUND", domain=DOMAIN):
        values = (exact(scale), exact(zero), bits, signed, narrow, mode)
        attributes = {"signed": signed, "narrow": narrow, "rounding_mode": mode}
        self.then(
            ("quant", *values), "Quant", scale, zero, float(bits), domain=domain, **attributes
        )

    def bipolar(self, scale):
        self.then(("bipolar", exact(scale)), "BipolarQuant", scale, domain=DOMAIN)

    def dense(self, weights, scale, bits, bias=None, gemm=False):
        """Add weights behind a Quant of their own; raw ones, which it rounds."""
        rounded = quantized(exact(weights), exact(scale), Fraction(0), bits, 1, 0, "ROUND")[1]
        stored = np.asarray(weights).T if gemm else weights
        name = self.node(
            "Quant",
            *map(self.constant, (stored, scale, 0.0, float(bits))),
            domain=DOMAIN,
            signed=1,
            narrow=0,
            rounding_mode="ROUND",
        )
        if gemm:
            given = [] if bias is None else [bias]
            self.then(
                ("dense", rounded, exact(given[0] if given else 0)), "Gemm", name, *given, transB=1
            )
            return
        self.then(("dense", rounded, exact(0)), "MatMul", name)
        if bias is not None:
            self.then(("add", exact(bias)), "Add", bias, first=True)

    def normalize(self, gamma, beta, mean, variance):
        step = ("normalize", *(exact(each) for each in (gamma, beta, mean, variance)))
        self.then(step, "BatchNormalization", gamma, beta, mean, variance, epsilon=0.0)

    def save(self, path, shape=None):
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape or [1, self.features])],
            [helper.make_tensor_value_info(self.tensor, TensorProto.FLOAT, None)],
            self.constants,
        )
        onnx.save(helper.make_model(graph), path)
        return path


@np.vectorize(otypes=[object])
def to_fraction(value):
    return Fraction(float(value))


def exact(values):
    return to_fraction(np.array(values, np.float32))


def quantized(values, scale, zero, bits, signed, narrow, mode):
    """Return (integers, values) of QONNX's Quant."""
    low, high = (
        (-(2 ** (bits - 1)) + narrow, 2 ** (bits - 1) - 1)
        if signed
        else (
            0,
            2**bits - 1 - narrow,
        )
    )

    @np.vectorize(otypes=[object])
    def integer(step):
        return Fraction(min(max(ROUND[mode](step), low), high))

    integers = integer(values / scale + zero)
    return integers - low, (integers - zero) * scale


def reference(steps, values):
    """Return the codes behind every quantizer but the first, counted from 0, and the logits."""
    codes = []
    for kind, *parameters in steps:
        if kind == "quant":
            code, values = quantized(values, *parameters)
            codes.append(code)
        elif kind == "bipolar":
            code = np.where(values >= 0, 1, 0)
            values = np.where(values >= 0, Fraction(1), Fraction(-1)) * parameters[0]
            codes.append(code)
        elif kind == "dense":
            values = values.dot(parameters[0]) + parameters[1]
        elif kind == "add":
            values = values + parameters[0]
        elif kind == "relu":
            values = np.where(values > 0, values, Fraction(0))
        else:
            gamma, beta, mean, variance = parameters
            root = np.vectorize(lambda each: Fraction(math.sqrt(each)), otypes=[object])(variance)
            values = (values - mean) / root * gamma + beta
    return codes[1:], values
