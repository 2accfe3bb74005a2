"""Configuration of the decoder of the XOR code."""

from functools import cached_property
from typing import Literal

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Seed, Target
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.errors import UsageError
from hwgen.formats.xor_code import XorCode

__all__ = ["F2fDecodeConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class F2fDecodeConfig(CoreConfig):
    """What an ``f2f-decode`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    inputs: int = Field(default=8, ge=1, le=12, description="N_in, bits of a code")
    outputs: int = Field(default=80, ge=2, le=512, description="N_out, weight bits of a code")
    history: int = Field(default=1, ge=0, le=4, description="N_s, earlier codes that count")
    matrix_seed: Seed = Field(default=0, description="chooses the matrix over GF(2)")
    corrections: bool = Field(
        default=False, description="tokens that toggle bits of the word after them"
    )
    mask: Literal["none", "input"] = Field(
        default="none", description="a field of the input says which bits to keep"
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        try:
            self.code  # noqa: B018
        except UsageError as error:
            raise ValueError(str(error)) from None
        return self

    @cached_property
    def code(self):
        """The code: its matrix and sizes."""
        return XorCode(
            inputs=self.inputs, outputs=self.outputs, history=self.history, seed=self.matrix_seed
        )

    @property
    def word_width(self):
        """Bits of the field that holds a code, or the position of a correction."""
        position = (self.outputs - 1).bit_length() if self.corrections else 0
        return max(self.inputs, position)
