"""Stream payloads as bytes: NumPy arrays of codes packed the way the wires carry them."""

import numpy as np

__all__ = ["pack", "payload_bytes", "unpack"]


def payload_bytes(stream):
    """Return the number of bytes that hold one payload of ``stream``."""
    return (stream.width + 7) // 8


def _element_bits(codes, width):
    """Return the bits of ``codes`` (any shape), least significant first, as a new last axis."""
    if width <= 64:
        shifts = np.arange(width, dtype=np.uint64)
        return ((codes.astype(np.uint64)[..., None] >> shifts) & np.uint64(1)).astype(np.uint8)
    limbs = []
    for low in range(0, width, 32):
        part = ((codes >> low) & 0xFFFFFFFF).astype(np.uint64)
        limbs.append(_element_bits(part, min(32, width - low)))
    return np.concatenate(limbs, axis=-1)


def _element_codes(bits, width):
    """Return the codes whose bits, least significant first, lie on the last axis of ``bits``."""
    if width <= 64:
        weights = np.uint64(1) << np.arange(width, dtype=np.uint64)
        return (bits.astype(np.uint64) * weights).sum(axis=-1, dtype=np.uint64)
    codes = np.zeros(bits.shape[:-1], dtype=object)
    for low in range(0, width, 32):
        part = _element_codes(bits[..., low : low + 32], min(32, width - low))
        codes = codes + (part.astype(object) << low)
    return codes


def _word_aligned(field):
    return field.width in (8, 16, 32, 64)


def pack(stream, fields):
    """Pack field arrays into payload bytes.

    Parameters
    ----------
    stream : Stream
        Descriptor of the stream (``cores/interface.py``).
    fields : dict of str to numpy.ndarray
        Codes of every field, shape ``(n,)``, or ``(n, count)`` where ``count > 1``.

    Returns
    -------
    numpy.ndarray
        ``uint8`` array of shape ``(n, payload_bytes(stream))``, little-endian, padded with zeros.
    """
    count = len(next(iter(fields.values())))
    offset_is_byte = all(stream.lsb(field.name) % 8 == 0 for field in stream.fields)
    if offset_is_byte and all(_word_aligned(field) for field in stream.fields):
        parts = [
            np.ascontiguousarray(fields[field.name], dtype=f"<u{field.width // 8}")
            .view(np.uint8)
            .reshape(count, -1)
            for field in stream.fields
        ]
        return np.concatenate(parts, axis=1)
    parts = [
        _element_bits(np.asarray(fields[field.name]), field.width).reshape(count, -1)
        for field in stream.fields
    ]
    return np.packbits(np.concatenate(parts, axis=1), axis=1, bitorder="little")


def unpack(stream, payloads):
    """Unpack payload bytes into field arrays: the inverse of :func:`pack`.

    Returns
    -------
    dict of str to numpy.ndarray
        Codes of every field, ``uint64`` where the field is at most 64 bits wide, else Python
        integers; shape ``(n,)``, or ``(n, count)`` where ``count > 1``.
    """
    count = len(payloads)
    bits = np.unpackbits(payloads, axis=1, count=stream.width, bitorder="little")
    fields = {}
    for field in stream.fields:
        low = stream.lsb(field.name)
        part = bits[:, low : low + field.width * field.count]
        codes = _element_codes(part.reshape(count, field.count, field.width), field.width)
        fields[field.name] = codes if field.count > 1 else codes[:, 0]
    return fields
