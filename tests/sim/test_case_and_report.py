import numpy as np
import pytest
from hwgen.cores.interface import Field, Stream
from sim_circuits import INPUT, INTERFACE, OUTPUT, make_case

from hwgen.catalogue.payload import pack
from hwgen.errors import MismatchError
from hwgen.sim.case import Case
from hwgen.sim.report import describe_token, first_mismatch
from hwgen.sim.streams import streams_of
from hwgen.sim.timing import check_timing


def test_streams_survive_the_interface_description():
    assert streams_of(INTERFACE) == ((INPUT,), (OUTPUT,))


def test_case_survives_its_files(tmp_path):
    case = make_case(20)
    case.save(tmp_path)
    loaded = Case.load(tmp_path)
    assert (loaded.interface, loaded.seed) == (case.interface, case.seed)
    np.testing.assert_array_equal(loaded.inputs["i"], case.inputs["i"])
    np.testing.assert_array_equal(loaded.expected["o"], case.expected["o"])


def test_first_mismatch_is_the_first_row_that_differs_or_lacks():
    rows = np.arange(12, dtype=np.uint8).reshape(4, 3)
    wrong = rows.copy()
    wrong[2, 1] = 0
    assert first_mismatch(rows, rows) is None
    assert first_mismatch(rows, wrong) == 2
    assert first_mismatch(rows, rows[:3]) == 3


def test_token_is_described_by_codes_and_values():
    fields = (Field("x", 4, 2, "e2m1"), Field("s", 8, format="e8m0"), Field("flag", 1))
    stream = Stream("i", "input", fields)
    values = {"x": np.array([[3, 15]]), "s": np.array([128]), "flag": np.array([1])}
    text = describe_token(stream, pack(stream, values)[0])
    assert text == "x=0x3 (1.5),0xf (-6)  s=0x80 (2)  flag=0x1"


def test_timing_is_measured_between_the_last_input_and_the_last_result():
    interface = {"core": "toy", "latency": 5, "initiation_interval": 2}
    assert check_timing(interface, [0, 1, 2, 3], [6, 8]) == (5, 2)


@pytest.mark.parametrize(
    ("accepted", "emerged", "words"),
    [
        ([0, 1, 2, 3], [7, 9], "declares a latency of 5 cycles and takes 6"),
        ([0, 1, 2, 3], [5, 8], "declares an initiation interval of 2 cycles and takes 3"),
        ([0, 1, 2, 3], [7, 8], "declares an initiation interval of 2 cycles and takes 1"),
    ],
)
def test_wrong_timing_is_told(accepted, emerged, words):
    interface = {"core": "toy", "latency": 5, "initiation_interval": 2}
    with pytest.raises(MismatchError, match=words):
        check_timing(interface, accepted, emerged)
