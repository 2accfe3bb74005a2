"""The fast tier of the regression: a case through the compiled model, at speed and stalled."""

import random

from hwgen.sim.case import Findings
from hwgen.sim.model import ProtocolError
from hwgen.sim.report import first_mismatch, mismatch_error
from hwgen.sim.timing import check_timing

__all__ = ["check_values", "run_compiled"]

_STALLED_TOKENS = 4096
# stalls of (inputs, outputs) or both before a reset in mid-stream, and after it
_RESETS = ((0.0, 0.0), (0.5, 0.5), (0.5, 0.5), ((0.0, 0.99), 0.0), ((0.5, 0.99), 0.5))


def run_compiled(model, case):
    """Verify a case on a `CompiledModel`: values, stream rules, timing, stalls and reset.

    Returns
    -------
    Findings

    Raises
    ------
    MismatchError
        A result, a stream rule, or a declared figure is wrong.
    """
    model.reset()
    short = _shortened(case)
    cycles = 0
    for stalls, patient in ((0.25, False), (0.6, True)):
        what = f"compiled tier with {stalls:.0%} stalls{', ready after valid' * patient}"
        cycles += _run(model, short, what, stalls=stalls, patient=patient, probe=0.25).cycles
    run = _run(model, case, "compiled tier at full speed", timed=True)
    latency, interval = check_timing(
        case.interface,
        run.accepted[model.inputs[0].name],
        run.emerged[model.outputs[0].name],
    )
    cycles += run.cycles + _check_reset(model, short, latency)
    return Findings("compiled", model.backend, case.results, cycles, latency, interval)


def check_values(model, case, *, tier="compiled tier"):
    """Compare values only, at full speed: for runs of millions of vectors.

    Returns
    -------
    int
        Clock cycles simulated.
    """
    return _run(model, case, tier).cycles


def _check_reset(model, case, latency):
    """Reset in the middle of the stream, several times, and demand a correct run after each.

    Outputs that are hardly ever ready leave results waiting in the core at the reset.
    """
    moments = random.Random(case.seed)
    tokens = len(next(iter(case.inputs.values())))
    longest = (4 * latency + 16) * -(-tokens // case.results)
    cycles = 0
    for before, after in _RESETS:
        limit = moments.randrange(1, longest)
        model.run(
            case.inputs,
            expected_tokens=case.expected_tokens,
            stalls=before,
            seed=case.seed,
            cycle_limit=limit,
        )
        model.reset(1)
        what = f"compiled tier after a reset in cycle {limit}"
        run = _run(model, case, what, stalls=after)
        cycles += limit + run.cycles
    return cycles


def _shortened(case):
    """Return the case cut to its first part where tokens and results are in a fixed proportion."""
    tokens = len(next(iter(case.inputs.values())))
    results = case.results
    if tokens <= _STALLED_TOKENS or tokens % results:
        return case
    # no vector is cut in two
    whole = case.interface.get("vector_beats", 1)
    kept = max(1, _STALLED_TOKENS * results // tokens // whole) * whole
    beats = tokens // results
    if len(case.inputs) > 1 or len(case.expected) > 1:
        return case
    return type(case)(
        case.interface,
        {name: data[: kept * beats] for name, data in case.inputs.items()},
        {name: data[:kept] for name, data in case.expected.items()},
        case.seed,
    )


def _run(model, case, what, **options):
    """Run a case and compare; a wrong result is worth more words than a wrong number of them."""
    try:
        run = model.run(
            case.inputs, expected_tokens=case.expected_tokens, seed=case.seed, **options
        )
    except ProtocolError as error:
        part = {name: data[: len(error.outputs[name])] for name, data in case.expected.items()}
        _compare(case, part, error.outputs, what)
        raise ProtocolError(f"{error}, {what}", error.outputs) from None
    _compare(case, case.expected, run.outputs, what)
    return run


def _compare(case, expected, outputs, what):
    for name, tokens in expected.items():
        row = first_mismatch(tokens, outputs[name])
        if row is not None:
            got = outputs[name][row] if row < len(outputs[name]) else None
            raise mismatch_error(case, name, row, got, what)
