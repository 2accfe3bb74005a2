"""Configuration of the constant matrix times vector."""

from functools import cached_property

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    CoreConfig,
    Digest,
    Frequency,
    Target,
    set_field,
)
from hwgen.cores.fixed.formats import Fixed, format_of_bits, significand_range
from hwgen.cores.fixed.matrix_file import matrix_digest, read_matrix
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["ConstMatvecConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ConstMatvecConfig(CoreConfig):
    """What a ``const-matvec`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    digested = ("matrix", "tensor")

    matrix: str = Field(
        default="random-int8/16x16/1",
        description="integer matrix W, one row an output: a .npy, .safetensors or .csv file, or "
        "random-intN/RxC/SEED",
    )
    tensor: str | None = Field(
        default=None, description="name of the tensor in a .safetensors file (default: its only)"
    )
    transpose: bool = Field(
        default=False, description="the file holds W transposed, one column an output"
    )
    digest: Digest | None = Field(
        default=None,
        description="SHA-256 that shape and entries of the file must have (default: any)",
    )
    fmt: Fixed = Field(
        default="int8", validate_default=True, description="format of the elements of x"
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        try:
            stored = read_matrix(self.matrix, self.tensor)
        except HwgenError as error:
            raise ValueError(str(error)) from None
        found = matrix_digest(stored)
        if self.digest not in (None, found):
            raise ValueError(
                f"digest must be {found} for the contents of {self.matrix!r}, not {self.digest!r}"
            )
        set_field(self, "digest", found)
        set_field(self, "weights", stored.T if self.transpose else stored)
        return self

    @property
    def output_ranges(self):
        """Least and greatest value of every output, in units of the input's lowest bit."""
        low, high = significand_range(self.fmt)
        return [
            (
                sum(each * (low if each > 0 else high) for each in row),
                sum(each * (high if each > 0 else low) for each in row),
            )
            for row in self.weights.tolist()
        ]

    @cached_property
    def output_shape(self):
        """Shape of the elements of y: the narrowest that holds the widest of them."""
        ranges = self.output_ranges
        return shape_of_range(min(low for low, _ in ranges), max(high for _, high in ranges))

    @property
    def output_format(self):
        """Format of the elements of y; ``None`` where it is wider than formats are."""
        shape = self.output_shape
        return format_of_bits(shape.width, shape.signed, self.fmt.lsb_exponent)
