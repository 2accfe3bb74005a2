"""What a placed calibration circuit tells about each of its paths."""

import re

__all__ = ["delays_of", "equations"]

_MULTIPLIERS = ("MULT18X18D", "SB_MAC16")


def delays_of(netlist, report):
    """Return the measured delays of one placement, in ns.

    Parameters
    ----------
    netlist : dict
        Yosys' JSON of the wrapped circuit.
    report : dict
        nextpnr's report with detailed timing.

    Returns
    -------
    dict
        By register word the delay to its slowest bit; ``"enable"`` to the slowest clock enable,
        ``"multiplier"`` to the slowest input of a hard multiplier's registers.
    """
    module = netlist["modules"]["registered"]
    word_of = {}
    for name, net in module["netnames"].items():
        base = name.split(".")[-1]
        if re.fullmatch(r"word\d+", base):
            word_of |= dict.fromkeys(net["bits"], base)
    place_of, word_behind = {}, {}
    for cell, found in module["cells"].items():
        outputs = found["connections"].get("Q") or [None]
        if outputs[0] in word_of:
            place_of[cell] = word_of[outputs[0]]
            word_behind |= dict.fromkeys(found["connections"].get("D", ()), word_of[outputs[0]])
        elif found["type"] in _MULTIPLIERS:
            place_of[cell] = "multiplier"
    for cell, found in module["cells"].items():
        # iCE40 packs a register behind its look-up table, under the table's name
        if found["type"] == "SB_LUT4" and found["connections"]["O"][0] in word_behind:
            place_of[cell] = word_behind[found["connections"]["O"][0]]
    worst = {}
    for net in report["detailed_net_timings"]:
        for end in net["endpoints"]:
            cell = end["cell"].removesuffix("_DFFLC").removesuffix("_LC")
            # a hard multiplier has CE0 and others
            name = "enable" if end["port"].startswith("CE") else place_of.get(cell)
            if name is not None and end["port"] not in ("LSR", "SR", "CLK"):
                worst[name] = max(worst.get(name, 0.0), end["delay"][1])
    if "multiplier" in worst:
        worst["multiplier"] += _setup(report, place_of)
    return worst


def _setup(report, place_of):
    """Return the setup time of a hard multiplier, which the delays to its inputs do not hold.

    It shows in the slowest path, which in a circuit of hard multipliers ends at one; 0 otherwise.
    """
    ends = [path["path"][-1] for path in report.get("critical_paths", ()) if path["path"]]
    return max(
        (
            end["delay"]
            for end in ends
            if end["type"] == "setup" and place_of.get(end["to"]["cell"]) == "multiplier"
        ),
        default=0.0,
    )


def equations(component, measured):
    """Return (parts, measured delay in ns) of every path whose measurement is known.

    Parameters
    ----------
    component : CalibrationCircuit
        After its elaboration.
    measured : dict
        As `delays_of` returns it.
    """
    found = [
        (dict(arrival.parts) | {"capture_delay": 1}, measured[word])
        for word, arrival, _ in component.registered
        if word in measured
    ]
    if component.multiplied and "multiplier" in measured:
        parts = dict(max(component.multiplied).parts) | {"capture_delay": 1}
        found.append((parts, measured["multiplier"]))
    if "enable" in measured:
        sinks = component.register_bits**0.5
        parts = {"launch_delay": 1, "lut_delay": 1, "capture_delay": 1, "fan_out_delay": sinks}
        found.append((parts, measured["enable"]))
    return found
