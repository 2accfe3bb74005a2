"""Configuration of a GPT machine with its model."""

from typing import Annotated, Literal

from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    CoreConfig,
    Digest,
    Frequency,
    Target,
    number,
    set_field,
)
from hwgen.cores.gpt.machine_config import MachineConfig
from hwgen.cores.gpt.model_source import read_source
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["GptConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GptConfig(CoreConfig):
    """What a ``gpt`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    digested = ("model", "fmt", "embedding_fmt", "activations", "context")

    model: str = Field(
        default="random/16x2/1",
        description="a model file, a file of hwgen gpt compile, or random/DIMxLAYERS/SEED",
    )
    fmt: str | None = Field(
        default=None, description="quantizer of the weights, hwgen list methods (default: int4)"
    )
    embedding_fmt: str | None = Field(
        default=None, description="quantizer of embeddings and output layer (default: int8)"
    )
    activations: Literal["mxint8", "mxint16"] | None = Field(
        default=None, description="codes of activations, keys and values (default: mxint8)"
    )
    context: Annotated[int, Field(ge=1, le=1 << 20)] | None = Field(
        default=None, description="tokens that are kept (default: those of the model)"
    )
    digest: Digest | None = Field(
        default=None, description="SHA-256 that the program must have (default: any)"
    )
    key_lanes: Annotated[Literal[1, 2, 4, 8], BeforeValidator(number)] = Field(
        default=1, description="keys, and then values, that a head attends to in a clock cycle"
    )
    sampling: bool = Field(
        default=False, description="whether tokens may be drawn by a temperature, with a seed"
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        try:
            program = read_source(
                self.model, self.fmt, self.embedding_fmt, self.activations, self.context
            )
            machine = MachineConfig(
                program, self.target, self.freq, self.key_lanes, sampling=self.sampling
            )
        except HwgenError as error:
            raise ValueError(str(error)) from None
        if self.digest not in (None, program.digest):
            raise ValueError(
                f"digest must be {program.digest} for {self.model!r}, not {self.digest!r}"
            )
        set_field(self, "digest", program.digest)
        set_field(self, "machine", machine)
        return self

    @property
    def program(self):
        """What the machine executes, a `Program`."""
        return self.machine.program
