"""The integers that lanes multiply by: one an address, and what groups put in one's place."""

from dataclasses import dataclass

from hwgen.cores.arith.tree import shape_of_range

from hwgen.formats.outlier_pairs import OutlierPairs

__all__ = ["LaneValues", "lane_values"]


@dataclass(frozen=True)
class LaneValues:
    """What the addresses of a lane's table stand for.

    Parameters
    ----------
    table : tuple of int
        The integer of every address; their number is a power of two.
    special : int or None
        The address whose integer the group's selector chooses among ``specials``.
    specials : tuple of int
        An integer for every selector; empty where there is no special address.
    """

    table: tuple[int, ...]
    special: int | None = None
    specials: tuple[int, ...] = ()

    @property
    def address_width(self):
        """Bits of an address."""
        return (len(self.table) - 1).bit_length()

    @property
    def integers(self):
        """All integers that a lane may multiply by."""
        kept = (each for address, each in enumerate(self.table) if address != self.special)
        return frozenset((*kept, *self.specials))

    @property
    def magnitudes(self):
        """Whether integers are built as magnitude and sign.

        They are unless every bit of their two's complement is a bit of the address, or its
        inverse, or a constant: then they cost nothing as they are.
        """
        return self.special is not None or not self._is_wiring

    @property
    def shape(self):
        """Shape of a lane's integer, or of its magnitude."""
        integers = self.integers
        if self.magnitudes:
            return shape_of_range(0, max(map(abs, integers)))
        return shape_of_range(min(integers), max(integers))

    @property
    def bounds(self):
        """Least and greatest of what stands in `shape`."""
        integers = [abs(each) if self.magnitudes else each for each in self.integers]
        return min(integers), max(integers)

    @property
    def _is_wiring(self):
        width = shape_of_range(min(self.table), max(self.table)).width
        columns = {tuple(each >> bit & 1 for each in self.table) for bit in range(width)}
        return all(map(self._is_wire, columns))

    def _is_wire(self, column):
        addresses = range(len(column))
        wires = [
            tuple(address >> bit & 1 for address in addresses) for bit in range(self.address_width)
        ]
        inverse = tuple(1 - each for each in column)
        return len(set(column)) == 1 or column in wires or inverse in wires


def lane_values(weights, center=0):
    """Return the `LaneValues` of a codebook, or of pairs with outliers.

    Parameters
    ----------
    weights : Codebook or OutlierPairs
        In pairs the address has the code and, above it, whether its neighbor is a victim.
    center : int
        What is subtracted from every integer.
    """
    if isinstance(weights, OutlierPairs):
        alone = weights.significands([[code, 0] for code in range(16)])[:, 0]
        beside = weights.significands([[code, weights.victim_code] for code in range(16)])[:, 0]
        return LaneValues(tuple(int(each) - center for each in (*alone, *beside)))
    table = tuple(each - center for each in weights.entries)
    if not weights.specials:
        return LaneValues(table)
    # a selector beyond the special values leaves the code what it is in the table
    rest = (1 << weights.selector_width) - len(weights.specials)
    specials = (*weights.specials, *[weights.entries[weights.special_code]] * rest)
    return LaneValues(table, weights.special_code, tuple(each - center for each in specials))
