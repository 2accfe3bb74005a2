"""Configuration of a network of look-up tables."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    CoreConfig,
    Digest,
    Frequency,
    Target,
    checked,
    set_field,
)
from hwgen.cores.lutnet.network_source import read_source
from hwgen.cores.lutnet.stored_names import check_table, named_tables, parse_block_tables
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["LutnetConfig"]

_BlockTables = Annotated[
    Annotated[int, Field(ge=0, le=1 << 16)] | str, BeforeValidator(checked(parse_block_tables))
]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LutnetConfig(CoreConfig):
    """What a ``lutnet`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    digested = ("net",)

    net: str = Field(
        default="random/16x1/12,6/1",
        description="network: a .safetensors file, or random/NxB/M1,M2,.../SEED",
    )
    digest: Digest | None = Field(
        default=None, description="SHA-256 that the network must have (default: any)"
    )
    lanes: Annotated[int, Field(ge=1, le=1 << 16)] | None = Field(
        default=None,
        description="inputs that are taken at a time; they divide those of the network "
        "(default: all)",
    )
    mapping: Literal["area", "depth", "none", "case"] = Field(
        default="area",
        description="tables of the fabric: few, or few in series; none, case: multiplexers or "
        "cases, left to synthesis",
    )
    block_tables: _BlockTables = Field(
        default=0,
        description="tables in block RAM: at most so many, the largest of those with 10 to 14 bits "
        "of address; or these, LAYER/TABLE,... counted from 0",
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        try:
            network = read_source(self.net)
            for place in self.stored_tables if isinstance(self.stored_tables, tuple) else ():
                check_table(network, *place)
        except HwgenError as error:
            raise ValueError(str(error)) from None
        if self.digest not in (None, network.digest):
            raise ValueError(
                f"digest must be {network.digest} for {self.net!r}, not {self.digest!r}"
            )
        count = network.inputs.count
        lanes = self.lanes or count
        if count % lanes:
            raise ValueError(f"lanes must divide the {count} inputs of the network, not {lanes}")
        set_field(self, "digest", network.digest)
        set_field(self, "lanes", lanes)
        set_field(self, "network", network)
        return self

    @cached_property
    def stored_tables(self):
        """What stands in block RAM: a number, or a tuple of (layer, table)."""
        given = self.block_tables
        return given if isinstance(given, int) else named_tables(given)

    @cached_property
    def beats(self):
        """Tokens of a vector."""
        return self.network.inputs.count // self.lanes
