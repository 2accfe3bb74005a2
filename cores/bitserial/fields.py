"""What a product's first token says, and what the schedule has to know of every tile."""

from amaranth.lib import data
from hwgen.cores.bitserial.config import TILE_BITS
from hwgen.cores.interface import Field

__all__ = ["input_fields", "product_fields", "tile_layout"]


def product_fields(config):
    """Return the fields that are read with ``start``."""
    tiles = {"width": TILE_BITS, "format": f"uint{TILE_BITS}"}
    bits = {"width": config.width_bits, "format": f"uint{config.width_bits}"}
    fields = [
        Field("row_tiles", **tiles, doc="with start: rows of tiles, less one"),
        Field("column_tiles", **tiles, doc="with start: columns of tiles, less one"),
        Field("k_words", config.words_bits, doc="with start: words of a row's plane, less one"),
        Field("bits_left", **bits, doc="with start: planes of the left operand, less one"),
        Field("bits_right", **bits, doc="with start: planes of the right operand, less one"),
    ]
    if config.multiplies("integers"):
        doc = "with start: 1: the {} operand is in two's complement, 0: unsigned"
        fields += [Field(f"signed_{side}", 1, doc=doc.format(side)) for side in ("left", "right")]
    if config.mode_bits:
        doc = "with start: 0: integers, 1: bipolar operands, 2: bipolar times integers"
        fields.append(Field("mode", config.mode_bits, doc=doc))
    if config.multiplies("bipolar"):
        doc = "with start: unused bits of a row's last word"
        fields.append(Field("padding", config.padding_bits, doc=doc))
    return fields


def input_fields(config):
    """Return all fields of the input stream."""
    return [
        Field("data", config.k, config.words, doc="words of planes: bit j belongs to element j"),
        Field("start", 1, doc="1: a product begins; the token holds no words"),
        *product_fields(config),
    ]


def tile_layout(config):
    """Return the layout of what the schedule knows of a tile.

    Fields of the product, the addresses of both highest planes, and whether the right tile is not
    used again.
    """
    names = {each.name: each.width for each in product_fields(config)}
    del names["row_tiles"], names["column_tiles"]
    names |= {f"top_{side}": config.words_bits for side in ("left", "right")}
    return data.StructLayout({**names, "releases": 1})
