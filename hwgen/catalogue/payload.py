"""Stream payloads as bytes: NumPy arrays of codes packed the way the wires carry them."""

import numpy as np

__all__ = ["pack", "payload_bytes", "unpack"]


def payload_bytes(stream):
    """Return the number of bytes that hold one payload of ``stream``."""
    return (stream.width + 7) // 8


def pack(stream, fields):
    """Pack field arrays into payload bytes.

    Eight elements of up to 8 bits are as many bytes as an element has bits, so they are put
    together in one 64-bit word; wider elements are placed one by one.

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
    size = payload_bytes(stream)
    packed = np.zeros((count, size + 9), np.uint8)
    for field in stream.fields:
        codes = np.asarray(fields[field.name]).reshape(count, field.count)
        low = stream.lsb(field.name)
        if field.width <= 8:
            _place(packed, _groups(codes, field.width), low)
            continue
        number = int if codes.dtype == object else np.uint64
        codes = codes if codes.dtype == object else codes.astype(np.uint64)
        for element in range(field.count):
            for part in range(0, field.width, 32):
                mask = number((1 << min(32, field.width - part)) - 1)
                words = codes[:, element : element + 1] >> number(part) & mask
                data = np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
                _place(packed, data, low + element * field.width + part)
    return np.ascontiguousarray(packed[:, :size])


def _groups(codes, width):
    """Return narrow elements as the bytes they fill together."""
    count, elements = codes.shape
    narrow = codes.astype(np.uint8)
    words = np.zeros((count, -(-elements // 8)), dtype="<u8")
    for position in range(min(8, elements)):
        part = narrow[:, position::8]
        words[:, : part.shape[1]] |= part.astype(np.uint64) << np.uint64(width * position)
    parts = words.view(np.uint8).reshape(count, -1, 8)[:, :, :width]
    return parts.reshape(count, -1)[:, : (elements * width + 7) // 8]


def _place(packed, data, low):
    """Or bytes into rows of ``packed``, from bit ``low`` on."""
    start, shift = divmod(low, 8)
    stop = start + data.shape[1]
    if not shift:
        packed[:, start:stop] |= data
        return
    packed[:, start:stop] |= data << np.uint8(shift)
    packed[:, start + 1 : stop + 1] |= data >> np.uint8(8 - shift)


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
