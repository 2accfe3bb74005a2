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
    layers, looped = _layers(architecture, formats, begin.ends)
    end = Layout(formats, layers[-1].ends)
    architecture.end(end)
    end.do("halt")
    layouts = [begin, *layers, end]
    code = begin.code + _layer_code(layers, looped, formats, shape.kv_heads) + end.code
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
        tuple(np.concatenate([each.weights(form) for each in layouts]) for form in formats),
        np.concatenate([each.constants for each in layouts]),
    )
    return Compiled(program, tuple(place for each in layouts for place in each.places), looped)


def _architecture(decoder):
    if isinstance(decoder, Llama):
        from .llama import LlamaProgram

        return LlamaProgram
    from .gpt2 import Gpt2Program

    return Gpt2Program


def _layers(architecture, formats, starts):
    """Return (layouts of all layers, whether they are the same but for where they lie)."""

    def built(number, starts, slot):
        layout = Layout(formats, starts)
        architecture.layer(layout, number, slot)
        return layout

    layers = [built(0, starts, 0)]
    for number in range(1, architecture.shape.layers):
        slot = number * architecture.shape.kv_heads
        layers.append(built(number, layers[-1].ends, slot))
    # a layer that lay where the first one lies would have the same instructions
    code = layers[0].code
    looped = len(layers) > 1 and all(
        built(number, starts, 0).code == code for number in range(1, len(layers))
    )
    return layers, looped


def _layer_code(layers, looped, formats, slots):
    if not looped:
        return b"".join(each.code for each in layers)
    first, second = layers[0].ends, layers[1].ends
    begin, end = Layout([]), Layout([])
    for number, form in enumerate(formats):
        if moved := second.get(form, 0) - first.get(form, 0):
            begin.do("stride", format=number, blocks=moved)
    constants = second["constants"] - first["constants"]
    begin.do("loop", count=len(layers), constants=constants, cache=slots)
    end.do("repeat")
    return begin.code + layers[0].code + end.code
