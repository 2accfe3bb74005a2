"""What a configuration of training may say, and how its file is read."""

import math
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from hwgen import targets
from hwgen.errors import UsageError, nearest
from hwgen.yaml_file import compose_yaml, construct_yaml

__all__ = [
    "BudgetOptions",
    "Configuration",
    "DataOptions",
    "EncoderOptions",
    "HeadOptions",
    "LayerOptions",
    "TrainingOptions",
    "TreeOptions",
    "checked_configuration",
    "data_options",
    "read_configuration",
    "training_options",
]


_UNION_NAMES = ("str", "int")
_OF_A_KEY = ("extra_forbidden", "missing")
_FARTHEST_THRESHOLD = 1 << 31
_MOST_FUNCTIONS = 1 << 16


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DataOptions(_Part):
    """A data set.

    ``set`` is its reader in `hwgen.lutnet.data`, ``path`` its file or folder, ``bits`` the width
    that features of ``jets``, ``csv`` and ``npz`` are standardized to, ``label`` the column of
    classes of ``csv`` (name or number, the last if none), ``held_out`` the part of vectors for the
    test where the set has no such part of its own.
    """

    set: Literal["digits", "mnist", "nslkdd", "jets", "csv", "npz"]
    path: str | None = None
    bits: int = Field(8, ge=2, le=16)
    label: str | int = -1
    held_out: float = Field(0.2, gt=0, lt=1)


class EncoderOptions(_Part):
    """Thresholds on every feature.

    ``thresholds``: ``quantiles`` of the training vectors, ``uniform`` between their extremes, or a
    list for all features. ``coding``: ``thermometer`` with ``levels`` thresholds, or ``binary``
    numbers of ``bits`` bits.
    """

    coding: Literal["thermometer", "binary"] = "thermometer"
    thresholds: Literal["quantiles", "uniform"] | list[int] = "quantiles"
    levels: int = Field(3, ge=1, le=255)
    bits: int = Field(2, ge=1, le=8)

    @model_validator(mode="after")
    def _fits(self):
        given = self.thresholds
        if isinstance(given, list):
            if max(map(abs, given), default=0) > _FARTHEST_THRESHOLD:
                raise ValueError("thresholds must be from -2**31 to 2**31")
            if not given or sorted(set(given)) != given:
                raise ValueError("thresholds must be a list of ascending integers")
            if self.coding == "binary" and len(given) != (1 << self.bits) - 1:
                raise ValueError(
                    f"thresholds must be {(1 << self.bits) - 1} for {self.bits} bits, "
                    f"not {len(given)}"
                )
        return self


class TreeOptions(_Part):
    """What stands between the leaves of a tree and its neuron, from the leaves on.

    Functions with ``fan_in`` inputs each, level by level, the last one's is the neuron; what they
    take has ``bits`` bits (if there is one number, at every level).
    """

    fan_in: list[Annotated[int, Field(ge=1, le=16)]] = Field(min_length=1, max_length=8)
    bits: int | list[Annotated[int, Field(ge=1, le=8)]] = Field(1)

    @model_validator(mode="after")
    def _fits(self):
        if isinstance(self.bits, list) and len(self.bits) != len(self.fan_in):
            raise ValueError(
                f"bits of tree must be {len(self.fan_in)}, one for every fan_in, "
                f"not {len(self.bits)}"
            )
        if isinstance(self.bits, int) and not 1 <= self.bits <= 8:
            raise ValueError(f"bits of tree must be from 1 to 8, not {self.bits}")
        return self


class LayerOptions(_Part):
    """What layers of every kind have.

    ``neurons`` neurons with ``fan_in`` inputs each, ``connect``-ed at ``random`` or ``learned``, or
    ``consecutive``: the first ones to the first neuron, and so on; or searched: connected to all
    until the ``fan_in`` of the greatest ``magnitude`` stay, or to fewer and fewer,
    ``dense_to_sparse``. ``terms`` functions added up make one neuron; its output has ``bits`` bits.
    With a ``tree``, a neuron is a tree of functions whose leaves have the ``fan_in`` and are
    ``connect``-ed (NeuraLUT-Assemble, Andronic and Constantinides 2025).
    """

    neurons: int = Field(ge=1, le=1 << 16)
    fan_in: int = Field(ge=1, le=16)
    bits: int = Field(2, ge=1, le=8)
    signed: bool = False
    connect: Literal["random", "learned", "consecutive", "magnitude", "dense_to_sparse"] = "random"
    terms: int = Field(1, ge=1, le=64)
    tree: TreeOptions | None = None

    @model_validator(mode="after")
    def _tree_fits(self):
        if self.tree is None:
            return self
        if self.terms > 1:
            raise ValueError(f"terms must be 1 with a tree, not {self.terms}")
        if self.neurons * math.prod(self.tree.fan_in) > _MOST_FUNCTIONS:
            raise ValueError(f"a layer of trees must have at most {_MOST_FUNCTIONS} leaves")
        return self

    def levels(self):
        """Return the options of the layers that the layer is: one, or one for every tree level.

        What is handed from level to level is rounded and clipped on both sides alike: a sign where
        it has one bit, else a signed number. There is no other activation inside a tree.
        """
        if self.tree is None:
            return [self]
        fan_in = self.tree.fan_in
        bits = self.tree.bits
        bits = [bits] * len(fan_in) if isinstance(bits, int) else bits
        found, given, connect = [], self.fan_in, self.connect
        for level in range(len(fan_in) + 1):
            last = level == len(fan_in)
            chosen = {
                "neurons": self.neurons * math.prod(fan_in[level:]),
                "fan_in": given,
                "connect": connect,
                "tree": None,
            }
            if not last:
                chosen |= {"bits": bits[level], "signed": bits[level] > 1}
                given, connect = fan_in[level], "consecutive"
            found.append(self.model_copy(update=chosen))
        return found


class HeadOptions(_Part):
    """``argmax`` over one neuron a class, or over a ``popcount`` of the neurons of every class.

    ``temperature`` divides what the loss sees; chosen from the size of the layer if none.
    """

    kind: Literal["argmax", "popcount"] = "argmax"
    temperature: float | None = Field(None, gt=0)


class TrainingOptions(_Part):
    """How the network is trained.

    ``rate`` and ``connect_rate``: Adam's step for functions and for learned connections, falling
    to 0 as a cosine. ``validation``: part of the training vectors by which the epoch is chosen.
    ``smoothing``: of the labels. ``rarest``: an encoded input that is the same in all but this
    part of the vectors is not connected. ``shift``: square images are moved by up to so many pixels
    while training; what is outside of them has code 0. ``search``: part of the epochs in which
    inputs are searched, where layers ask for that.
    """

    epochs: int = Field(30, ge=1, le=100_000)
    batch: int = Field(256, ge=2, le=1 << 16)
    rate: float = Field(0.01, gt=0, le=10)
    connect_rate: float = Field(0.01, gt=0, le=10)
    validation: float = Field(0.1, gt=0, lt=1)
    smoothing: float = Field(0.0, ge=0, lt=1)
    rarest: float = Field(0.0, ge=0, lt=0.5)
    shift: int = Field(0, ge=0, le=4)
    search: float = Field(0.5, gt=0, lt=1)
    seed: int = Field(1, ge=0, lt=1 << 32)
    threads: int = Field(1, ge=1, le=256)


class BudgetOptions(_Part):
    """What the trained network may take; see `hwgen.lutnet.pruning.pruned`.

    ``block_rams`` are those of the fabric ``target``, of its smallest kind.
    """

    luts: int | None = Field(None, ge=0)
    registers: int | None = Field(None, ge=0)
    block_rams: int | None = Field(None, ge=0)
    target: str = "ecp5"

    @model_validator(mode="after")
    def _says_something(self):
        if not self.limits:
            raise ValueError("budget must have luts, registers or both")
        if self.block_rams is not None and self.luts is None:
            raise ValueError("block_rams must come with luts: tables stand there in place of LUT6")
        try:
            fabric = targets.get(self.target)
        except UsageError as error:
            raise ValueError(str(error)) from None
        if self.block_rams is not None and fabric.block_rams(1, 1) is None:
            raise ValueError(f"target must be a fabric that has block RAM, not {self.target!r}")
        return self

    @property
    def limits(self):
        """The limits that are given, by their names in `hwgen.lutnet.budget.RESOURCES`."""
        return self.model_dump(exclude={"target"}, exclude_none=True)


class Configuration(_Part):
    """Everything that determines a trained network, beside the data themselves."""

    data: DataOptions
    encoder: EncoderOptions = EncoderOptions()
    layers: list[SerializeAsAny[LayerOptions]] = Field(min_length=1, max_length=64)
    head: HeadOptions = HeadOptions()
    training: TrainingOptions = TrainingOptions()
    budget: BudgetOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _layers_of_their_kinds(cls, values):
        if isinstance(values, dict) and isinstance(values.get("layers"), list):
            layers = [_layer(number, each) for number, each in enumerate(values["layers"])]
            return values | {"layers": layers}
        return values

    def facts(self):
        """Return what the file of a network says of its configuration."""
        unsaid = {"data": {"path"}} | ({"budget": True} if self.budget is None else {})
        return self.model_dump(mode="json", exclude=unsaid)


class _LayerError(Exception):
    """A mistake in a layer, with the keys that lead to it."""

    def __init__(self, keys, message):
        super().__init__(message)
        self.keys = ("layers", *keys)


def _layer(number, entry):
    """Return the options of one layer, of the class that its kind has."""
    from hwgen.lutnet.kinds import KINDS

    if isinstance(entry, LayerOptions):
        return entry
    if not isinstance(entry, dict) or "kind" not in entry:
        raise _LayerError((number,), f"a layer must have a kind: {', '.join(KINDS)}")
    kind = entry["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        hint = nearest(kind, KINDS)
        raise _LayerError(
            (number, "kind"), f"kind must be one of {', '.join(KINDS)}, not {kind!r}{hint}"
        )
    try:
        return KINDS[kind].Options.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        raise _LayerError((number, *first["loc"]), _message(first)) from None


def _message(entry):
    """Return what pydantic says of one mistake in our words."""
    text = entry["msg"].removeprefix("Value error, ")
    # pydantic adds the member of a union that it tried last
    keys = [each for each in entry["loc"] if str(each).isidentifier() and each not in _UNION_NAMES]
    name = entry["loc"][-1] if entry["type"] in _OF_A_KEY else (keys or ["configuration"])[-1]
    if entry["type"] == "extra_forbidden":
        return f"there is no key {name!r}"
    if entry["type"] == "missing":
        return f"key {name!r} is missing"
    if entry["type"] == "value_error":
        return text
    return f"{name}: {text[:1].lower()}{text[1:]}, not {entry['input']!r}"


def checked_configuration(values, place=None):
    """Return the `Configuration` of plain values.

    Parameters
    ----------
    values : dict
    place : callable, optional
        From the keys that lead to a mistake to the text with which the message begins.

    Raises
    ------
    UsageError
        One line with the first mistake.
    """
    place = place or (lambda keys: "configuration")
    try:
        return Configuration.model_validate(values)
    except _LayerError as error:
        raise UsageError(f"{place(error.keys)}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{place(first['loc'])}: {_message(first)}") from None


def data_options(facts, path):
    """Return the `DataOptions` that the facts of the network at ``path`` have."""
    try:
        return DataOptions.model_validate(facts["configuration"]["data"])
    except (KeyError, TypeError, ValidationError):
        raise UsageError(
            f"{str(path)!r} must say with which data it was trained, and does not; "
            "hwgen lutnet train makes such a file"
        ) from None


def training_options(facts):
    """Return the `TrainingOptions` that the facts of a network have, else the defaults."""
    try:
        return TrainingOptions.model_validate(facts["configuration"]["training"])
    except (KeyError, TypeError, ValidationError):
        return TrainingOptions()


def read_configuration(path):
    """Return the `Configuration` of a YAML file; a `UsageError` begins with file and line."""
    node = compose_yaml(path, "configuration")
    values = construct_yaml(path, node) if node else None
    if not isinstance(values, dict):
        raise UsageError(f"{path}:1: configuration must hold keys and values: data, layers, ...")
    return checked_configuration(values, lambda keys: f"{path}:{_line(node, keys)}")


def _line(node, keys):
    """Return the line, counted from 1, of the entry nearest to where ``keys`` lead."""
    line = node.start_mark.line + 1
    for key in keys:
        if isinstance(node.value, list) and node.id == "mapping":
            found = [pair for pair in node.value if pair[0].value == key]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif node.id == "sequence" and isinstance(key, int):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line
