"""The signature that a sound core leaves after the board's self-test, from its golden model."""

import numpy as np

from hwgen.catalogue import payload
from hwgen.cores.bridge.protocol import BIST_TOKENS, HELD_FIELDS, MISR_POLYNOMIAL, PRBS_SEED

__all__ = ["bist_inputs", "expected_signature", "prbs31", "signature"]


def prbs31(count):
    """Return the first ``count`` bytes of the sequence x^31 + x^28 + 1 (ITU-T O.150).

    Bit n is bit n-31 exclusive-or bit n-28; the 31 bits before the first are
    `PRBS_SEED`, the earliest in its least significant bit. So are the bits of a byte ordered.
    """
    bits = np.zeros(31 + 8 * count + 28, np.uint8)
    bits[:31] = [PRBS_SEED >> position & 1 for position in range(31)]
    for position in range(31, 31 + 8 * count, 28):
        before = position - 31
        bits[position : position + 28] = bits[before : before + 28] ^ bits[before + 3 : position]
    return np.packbits(bits[31 : 31 + 8 * count], bitorder="little")


def bist_inputs(stream, count=BIST_TOKENS):
    """Return the input tokens of the self-test as field arrays.

    Token t is bytes t, t+1, ... of `prbs31`, but for `HELD_FIELDS`.
    """
    width = payload.payload_bytes(stream)
    sequence = prbs31(count + width - 1)
    windows = np.lib.stride_tricks.sliding_window_view(sequence, width)
    fields = payload.unpack(stream, np.ascontiguousarray(windows))
    for field in stream.fields:
        if field.name in HELD_FIELDS:
            held = HELD_FIELDS[field.name] & 2**field.width - 1
            fields[field.name] = np.full_like(fields[field.name], held)
    return fields


def signature(payloads):
    """Return the 32-bit signature of payload bytes, shape ``(n, nbytes)``.

    Every payload is folded to 32 bits by exclusive or of its 32-bit little-endian words; then
    signature = signature * x + folded modulo x^32 + `MISR_POLYNOMIAL`, from zero.
    """
    padded = np.pad(payloads, ((0, 0), (0, -payloads.shape[1] % 4)))
    folded = np.bitwise_xor.reduce(np.ascontiguousarray(padded).view("<u4"), axis=1)
    register = 0
    for word in folded.tolist():
        carry = MISR_POLYNOMIAL if register >> 31 else 0
        register = (register << 1 & 0xFFFFFFFF) ^ carry ^ word
    return register


def expected_signature(core, config, component):
    """Return the signature that the golden model gives for the self-test.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    component : object
        The core's component: ``streams`` with one input and one output, and where the self-test
        has its own number of tokens ``self_test_tokens``.
    """
    source = next(each for each in component.streams if each.direction == "input")
    sink = next(each for each in component.streams if each.direction == "output")
    count = getattr(component, "self_test_tokens", BIST_TOKENS)
    outputs = core.golden(config, {source.name: bist_inputs(source, count)})
    return signature(payload.pack(sink, outputs[sink.name]))
