"""Models become programs."""

from dataclasses import dataclass, field

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.gpt_program import Machine, Program
from hwgen.quant.llama import Llama

from .layout import Layout

__all__ = ["Compiled", "compile_decoder"]


@dataclass(frozen=True)
class Compiled:
    """A program, and where its parts lie.

    Parameters
    ----------
    program : Program
    places : tuple of Place
    looped : bool
        Whether all layers are one loop.
    """

    program: Program
    places: tuple = field(repr=False)
    looped: bool


def compile_decoder(decoder, matrices, context=None, activation_bits=8):
    """Return the `Compiled` program of a model.

    Parameters
    ----------
    decoder : Decoder
        A Llama or a GPT-2.
    matrices : Matrices
        Its weights as codes.
    context : int
        Tokens that the machine keeps; those of the model by default.
    activation_bits : int
        8 or 16.

    Raises
    ------
    UsageError
        The model does not fit into the instruction set, or a matrix cannot be streamed.
    """
    context = decoder.context if context is None else context
    if not 1 <= context <= decoder.context:
        raise UsageError(f"context must be 1..{decoder.context}, that of the model, not {context}")
    architecture = _architecture(decoder)(decoder, matrices, context)
    shape, formats = architecture.shape, []
    begin = Layout(formats)
    architecture.begin(begin)
    begin.finish()
    layers, looped = _layers(architecture, formats, *begin.ends)
    end = Layout(formats, *_behind(begin, layers))
    architecture.end(end)
    end.do("halt")
    layouts = [begin, *layers, end]
    code = begin.code + _layer_code(layers, looped, shape.kv_heads) + end.code
    machine = Machine(
        activation_bits,
        shape.heads,
        shape.width,
        shape.layers * shape.kv_heads,
        context,
        shape.values,
        shape.blocks,
        shape.vocabulary,
        tuple(formats),
    )
    program = Program(
        machine,
        code,
        b"".join(each.weights for each in layouts),
        np.concatenate([each.constants for each in layouts]),
    )
    return Compiled(program, tuple(place for each in layouts for place in each.places), looped)


def _architecture(decoder):
    if isinstance(decoder, Llama):
        from .llama import LlamaProgram

        return LlamaProgram
    from .gpt2 import Gpt2Program

    return Gpt2Program


def _layers(architecture, formats, weights, constants):
    """Return (layouts of all layers, whether they are the same but for where they lie)."""

    def built(number, weights, constants, slot):
        layout = Layout(formats, weights, constants)
        architecture.layer(layout, number, slot)
        layout.finish()
        return layout

    layers = [built(0, weights, constants, 0)]
    for number in range(1, architecture.shape.layers):
        slot = number * architecture.shape.kv_heads
        layers.append(built(number, *layers[-1].ends, slot))
    # a layer that lay where the first one lies would have the same instructions
    code = layers[0].code
    looped = len(layers) > 1 and all(
        built(number, weights, constants, 0).code == code for number in range(1, len(layers))
    )
    return layers, looped


def _behind(begin, layers):
    return (layers[-1] if layers else begin).ends


def _layer_code(layers, looped, slots):
    if not looped:
        return b"".join(each.code for each in layers)
    loop = Layout([])
    loop.do(
        "loop",
        count=len(layers),
        weights=layers[1].ends[0] - layers[0].ends[0],
        constants=layers[1].ends[1] - layers[0].ends[1],
        cache=slots,
    )
    repeat = Layout([])
    repeat.do("repeat")
    return loop.code + layers[0].code + repeat.code
