"""Would the regression notice? Faults planted in the emitted Verilog, each reported by name."""

import pytest
from mx_dot_grid import label
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.sim.mutants import NamedFault

NAMED = [
    NamedFault("sign of one product swapped", "lane0_sign", "inv"),
    NamedFault("lowest bit of subnormal elements lost", "a0_normal", "const0"),
    NamedFault("bit of a product lost", r"lane0_product_sum\w*", "const0"),
    NamedFault("bit of a sum of lanes stuck", r"lanes_0\w*", "const0"),
    NamedFault("carry chain broken", r"U_\d+_propagate", "inv"),
    NamedFault("fine shift off by one place", r"fine_1\w*", "inv"),
    NamedFault("coarse shift wrong", r"aligned_block\w*", "inv"),
    NamedFault("larger scale not recognised", "scale_raised", "const0"),
    NamedFault("wrong scale chosen", r"chosen_scale\w*", "inv"),
    NamedFault("accumulator not cleared at the first block", r"first_at\w*", "const0"),
    NamedFault("special block forgotten by later blocks", "dot_flag_so_far", "const0"),
    NamedFault("NaN element missed", "a0_nan", "const0"),
    NamedFault("NaN scale missed", "scale_nan", "const0"),
    NamedFault("NaN never signalled", r"nan_any\w*", "const0"),
    NamedFault("positive infinity missed", r"inf_positive_any\w*", "const0"),
    NamedFault("negative infinity missed", r"inf_negative_any\w*", "const0"),
    NamedFault("normalised one step too far", r"normalised_8\w*", "inv"),
    NamedFault("exponent off", r"leading_exponent\w*", "inv"),
    NamedFault("sticky bit dropped", r"normalised_sticky\w*", "const0"),
    NamedFault("never rounded up", "increment", "const0"),
    NamedFault("subnormal result not shifted", r"normalising_shift\w*", "const0"),
    NamedFault("overflow missed", "too_large", "const0"),
    NamedFault("zero taken for a number", "is_normal", "const1"),
    NamedFault("result declared valid for no reason", "valid_1", "const1"),
    NamedFault("result lost", "valid_2", "const0"),
]

FLOAT_SCALES = [
    NamedFault("significand of a scale wrong", r"scale_a_normal", "inv"),
    NamedFault("subnormal scale read as normal", r"scale_b_normal", "const1"),
    NamedFault("significands not multiplied", r"scale_significand\w*", "inv"),
    NamedFault("sign of the scales lost", "scale_sign", "const0"),
    NamedFault("bit of the scaled sum wrong", r"scaled_sum\w*", "inv"),
    NamedFault("exponents not added", r"scale", "inv"),
    NamedFault("NaN scale missed", r"scale_[ab]_nan", "const0"),
]

PROVABLE = [
    ({"fmt": "mxfp4", "k": 4, "out": "bf16"}, 24),
    pytest.param({"fmt": "mxfp4", "k": 4, "out": "bf16"}, 400, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxfp6-e2m3", "k": 2, "out": "bf16"}, 300, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxfp8-e4m3", "k": 1, "out": "bf16"}, 300, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxint5/2", "out": "fp16"}, 300, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        pytest.param(
            {"fmt": "mxfp8-e5m2", "k": 4, "max_blocks": 4, "freq": 100, "out": "bf16"},
            NAMED,
            marks=pytest.mark.slow,
        ),
        ({"fmt": "nvfp4", "k": 2, "dsp": "none", "freq": 100}, FLOAT_SCALES),
    ],
    ids=["e8m0", "nvfp4"],
)
def test_every_named_fault_is_seen(options, named, tmp_path):
    assert named_faults_unseen("mx-dot", options, named, tmp_path, 5000) == []


@pytest.mark.parametrize(
    ("options", "count"),
    PROVABLE,
    ids=lambda each: label(each) if isinstance(each, dict) else str(each),
)
def test_every_random_fault_is_seen_or_proved_harmless(options, count, tmp_path):
    runs = (12_000, 200_000)
    assert random_faults_unexplained("mx-dot", options, count, tmp_path, runs, 0.25) == []
