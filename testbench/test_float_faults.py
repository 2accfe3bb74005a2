"""Would the regression of the float cores notice? Faults planted in the emitted Verilog."""

import pytest
from float_grid import label
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.flow.verify import all_codes
from hwgen.sim.mutants import NamedFault

_ROUNDER = [
    NamedFault("normalised one step too far", r"normalised_4\w*", "inv"),
    NamedFault("leading zeros miscounted", r"leading_zeros_\d+_bit\w*", "inv"),
    NamedFault("exponent off", r"leading_exponent\w*", "inv"),
    NamedFault("subnormal result normalised", r"normalising_shift\w*", "inv"),
    NamedFault("never rounded up", "increment", "const0"),
    NamedFault("rounded bit wrong", r"rounded\w*", "inv"),
    NamedFault("overflow missed", "too_large", "const0"),
    NamedFault("subnormal taken for normal", "is_normal", "const1"),
    NamedFault("a flag not reported", r"flag\w*", "const0"),
    NamedFault("inexact not reported", "inexact", "const0"),
    NamedFault("invalid not reported", "(product_)?invalid", "const0"),
    NamedFault("sign wrong", "result_sign", "inv"),
    NamedFault("result declared valid for no reason", "valid_1", "const1"),
    NamedFault("result lost", "valid_2", "const0"),
]
_SUM = [
    NamedFault("operands ordered wrongly", "order", "inv", 15),
    NamedFault("shifted too far", r"aligned_2\w*", "inv"),
    NamedFault("sticky bit of the shift dropped", r"aligned_sticky\w*", "const0"),
    NamedFault("borrow dropped", "total_carry", "const0"),
    NamedFault("added instead of subtracted", "differ", "const0"),
    NamedFault("distance wrong", r"distance\w*", "inv"),
    NamedFault("opposite infinities missed", "opposite_infinities", "const0"),
]
_PRODUCT = [
    NamedFault("product bit lost", r"product", "const0", 5),
    NamedFault("exponents added wrongly", r"product_exponent\w*", "inv"),
    NamedFault("infinity times zero missed", r"infinite_times_zero\w*", "const0"),
    NamedFault("sign of the product wrong", "product_sign", "inv"),
    NamedFault("hidden bit of a subnormal factor", "a_normal", "const1"),
]
_MAGNITUDE = [
    NamedFault("negative sum not complemented", r"magnitude\w*", "inv"),
    NamedFault("complement not finished", "negate", "const0"),
    NamedFault("addend never the larger term", "swap", "const0"),
    NamedFault("sign of zero wrong", r"zero_sign\w*", "const1"),
]
_SUBNORMAL_PRODUCT = [NamedFault("underflow not reported", "underflow", "const0")]
_NO_ZERO_SIGN = [fault for fault in _ROUNDER if fault.wire != "result_sign"]
_FMA_SUM = [fault for fault in _SUM if fault.wire != "order"]

NAMED = {
    "float-add": _ROUNDER + _SUM,
    "float-mul": _NO_ZERO_SIGN + _PRODUCT + _SUBNORMAL_PRODUCT,
    "float-fma": _ROUNDER + _FMA_SUM + _PRODUCT + _MAGNITUDE + _SUBNORMAL_PRODUCT,
}


@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_is_seen(name, tmp_path):
    options = {"fmt": "fp16", "freq": 100, "flags": True}
    assert named_faults_unseen(name, options, NAMED[name], tmp_path, 6000) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("float-add", {"fmt": "e5m2", "flags": True}),
        ("float-mul", {"fmt": "e5m2", "flags": True}),
        ("float-fma", {"fmt": "e3m2", "flags": True, "overflow": "saturate"}),
    ],
    ids=label,
)
def test_every_random_fault_is_seen_or_proved_harmless(name, options, tmp_path):
    assert random_faults_unexplained(name, options, 200, tmp_path, (all_codes,)) == []
