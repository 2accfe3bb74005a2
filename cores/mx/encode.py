"""Elements of a block: a lane's leading bits, shifted to the shared exponent and rounded once."""

from dataclasses import dataclass, replace

from hwgen.cores.arith.timed import Timed
from hwgen.cores.mx.encode_float import float_code
from hwgen.cores.mx.encode_integer import integer_code
from hwgen.cores.mx.encode_round import cleared

__all__ = ["Kept", "Specials", "encode_element", "is_float", "kept_bits"]


@dataclass(frozen=True)
class Kept:
    """How many bits of a lane its element depends on.

    Parameters
    ----------
    integer : int
        Bits down to the last place of the element in its highest binade.
    guard : int
        Further bits below.
    sticky : bool
        Whether a last bit tells if anything below them is set.
    """

    integer: int
    guard: int
    sticky: bool

    @property
    def below(self):
        """Bits that rounding discards."""
        return self.guard + self.sticky

    @property
    def width(self):
        return self.integer + self.below


@dataclass(frozen=True)
class Specials:
    """Flags of one lane that replace its number; each one bit, or None.

    Parameters
    ----------
    nan : Timed or None
        The element is NaN.
    infinite : Timed or None
        The element is what lies beyond the largest number.
    nothing : Timed or None
        All bits of the element are 0, whatever else is said.
    """

    nan: Timed | None = None
    infinite: Timed | None = None
    nothing: Timed | None = None


def is_float(element):
    """Return whether an element has an exponent of its own."""
    return hasattr(element, "exponent_bits")


def kept_bits(element, rounding, random_bits):
    """Return the ``Kept`` of an element format."""
    integer = element.significand_bits + 1 if is_float(element) else element.width - 1
    guard, sticky = {
        "nearest-even": (1, True),
        "nearest-away": (1, False),
        "toward-zero": (0, False),
        "up": (0, True),
        "down": (0, True),
        "stochastic": (random_bits, False),
    }[rounding]
    return Kept(integer, guard, sticky)


def encode_element(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    """Return the code of one element.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    lane : Lane
        Its significand has been cut to the bits that ``kept`` tells of.
    lanes : LaneFormat
        Format of the lane.
    kept : Kept
        What ``kept_bits`` says.
    shared : SharedExponent
        The block's scale.
    rules : Quantization
        Rounding, overflow and so on.
    element : format
        Format of the result; signed.
    random : Timed or None
        Random bits of stochastic rounding.
    specials : Specials
        What replaces the number.
    name : str
        Prefix of the names in the emitted Verilog.
    """
    nothing = specials.nothing
    # a cleared number stays zero if nothing is rounded up or comes from elsewhere
    overridden = rules.rounding in ("up", "down") or shared.clamps_high
    early = nothing is not None and not overridden
    early = early and specials.nan is None and specials.infinite is None
    if early:
        lane = replace(lane, sign=cleared(pipeline, lane.sign, [nothing], f"{name}_sign"))
    encode = float_code if is_float(element) else integer_code
    specials = replace(specials, nothing=nothing if early else None)
    code = encode(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name)
    if nothing is None or early:
        return code
    return cleared(pipeline, code, [nothing], f"{name}_element")
