"""What the regression of a core makes of faults planted in its emitted Verilog."""

import json

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.case import Case
from hwgen.sim.mutants import plant, prove_equivalent, try_mutants

__all__ = ["named_faults_unseen", "random_faults_unexplained"]

_SEED = 5


class _Planted:
    """A core with faults behind a port of its Verilog."""

    def __init__(self, name, options, folder, **faults):
        self.core, self.folder = catalogue.get(name), folder
        self.config = self.core.configure(options)
        emitted = emit(self.core, self.config, folder)
        self.module = emitted.module
        self.interface = json.loads(emitted.interface.read_text())
        self.verilog, self.mutants = plant(emitted.verilog, self.module, folder, **faults)

    def unseen(self, mutants, values):
        """Return those of the mutants with which the regression passes."""
        expected = self.core.golden(self.config, values)
        case = Case.from_values(self.interface, values, expected, seed=_SEED)
        outcomes = try_mutants(self.verilog, mutants, case, self.folder)
        assert len(outcomes) == len(mutants)
        return [each.mutant for each in outcomes if each.seen is None]

    def vectors(self, count):
        """Return the vectors of the catalogue, as ``hwgen verify`` takes them."""
        return self.core.vectors(self.config, count, 1)


def named_faults_unseen(name, options, faults, folder, vectors):
    """Return the names of the faults with which ``vectors`` vectors of the core pass."""
    planted = _Planted(name, options, folder, count=0, named=faults)
    assert len(planted.mutants) == len(faults)
    return [each.name for each in planted.unseen(planted.mutants, planted.vectors(vectors))]


def random_faults_unexplained(name, options, count, folder, vectors, most_unseen=0.5):
    """Return the random faults that are neither seen nor proved to make no difference.

    Parameters
    ----------
    name, options
        Core of the catalogue and its configuration.
    count : int
        Random faults.
    folder : path
        Gets the circuit and its model.
    vectors : tuple of (int or callable)
        Runs, one after the other, with what the runs before have not seen: how many vectors of the
        catalogue, or a function from the interface to the values.
    most_unseen : float
        Share of the faults that the last run may leave to the proof.
    """
    planted = _Planted(name, options, folder, count=count)
    unseen = planted.mutants
    for each in vectors:
        values = each(planted.interface) if callable(each) else planted.vectors(each)
        unseen = planted.unseen(unseen, values)
    assert len(unseen) < count * most_unseen
    return [each.name for each in unseen if not prove_equivalent(each, planted.module, folder)]
