"""Matrices from files: what is read, and what every mistake is called."""

import numpy as np
import pytest
from hwgen.cores.fixed.matrix_file import matrix_digest, read_matrix
from safetensors.numpy import save_file

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("const-matvec")
MATRIX = np.array([[1, -2, 3], [0, 127, -128]])


@pytest.fixture
def files(tmp_path):
    """Return a folder with the same matrix in every kind of file."""
    np.save(tmp_path / "w.npy", MATRIX.astype(np.int8))
    np.save(tmp_path / "whole.npy", MATRIX.astype(np.float32))
    np.save(tmp_path / "transposed.npy", MATRIX.T)
    (tmp_path / "w.csv").write_text("1, -2,3\n\n0,127,-128\n")
    save_file({"layer": MATRIX.astype(np.int16)}, tmp_path / "w.safetensors")
    save_file({"first": MATRIX, "second": MATRIX + 1}, tmp_path / "two.safetensors")
    return tmp_path


@pytest.mark.parametrize("name", ["w.npy", "whole.npy", "w.csv", "w.safetensors"])
def test_every_kind_of_file_gives_the_same_matrix(files, name):
    np.testing.assert_array_equal(read_matrix(str(files / name)), MATRIX)


def test_a_tensor_is_chosen_by_name(files):
    found = read_matrix(str(files / "two.safetensors"), "second")
    np.testing.assert_array_equal(found, MATRIX + 1)


def test_a_random_matrix_is_that_of_its_seed():
    wanted = np.random.default_rng(3).integers(-8, 8, (4, 5))
    np.testing.assert_array_equal(read_matrix("random-int4/4x5/3"), wanted)


def test_digest_depends_on_contents_and_shape_alone(files):
    same = {matrix_digest(read_matrix(str(files / name))) for name in ("w.npy", "w.csv")}
    assert len(same) == 1
    assert matrix_digest(MATRIX.reshape(3, 2)) not in same


def test_config_holds_the_digest_and_refuses_other_contents(files):
    config = CORE.configure({"matrix": str(files / "w.npy")})
    again = CORE.configure(config.as_dict())
    assert config.as_dict()["digest"] == matrix_digest(MATRIX)
    np.testing.assert_array_equal(again.weights, MATRIX)
    np.save(files / "w.npy", MATRIX + 1)
    with pytest.raises(UsageError, match=r"^digest must be [0-9a-f]{64} for the contents of"):
        CORE.configure(config.as_dict())


def test_a_transposed_file_gives_the_same_product(files):
    plain = CORE.configure({"matrix": str(files / "w.npy")})
    turned = CORE.configure({"matrix": str(files / "transposed.npy"), "transpose": True})
    np.testing.assert_array_equal(plain.weights, turned.weights)


def test_output_is_as_wide_as_the_widest_sum():
    config = CORE.configure({"matrix": "random-int8/3x5/1", "fmt": "int8"})
    largest = max(sum(abs(weight) * 128 for weight in row) for row in config.weights.tolist())
    assert config.output_shape.width <= largest.bit_length() + 1
    low, high = zip(*config.output_ranges, strict=True)
    width = config.output_shape.width
    assert -(1 << width - 1) <= min(low) and max(high) < 1 << width - 1
    assert min(low) < -(1 << width - 2) or max(high) >= 1 << width - 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("w.csv", "1,2\n3,x\n", r"w\.csv:2: entry 2 must be an integer, not 'x'$"),
        ("w.csv", "1,2\n\n3\n", r"w\.csv:3: row must have 2 entries like the first one, not 1$"),
        ("w.csv", "1,99999999999999999999\n", "and has 99999999999999999999 in row 0, column 1$"),
        ("w.csv", "", r"two dimensions and 1 to 16384 entries, not shape \(0,\)$"),
        ("w.csv", b"\xff\xfe", "must be UTF-8 text"),
        ("w.npy", b"no array", "must be a NumPy file"),
        ("w.npy", np.array([[1.5, 2]]), "and has 1.5 in row 0, column 0$"),
        ("w.npy", np.array([[1, np.nan]]), "and has nan in row 0, column 1$"),
        ("w.npy", np.array([1, 2]), r"not shape \(2,\)$"),
        ("w.npy", np.array([["a"]]), "must hold integers, not <U1$"),
        ("w.safetensors", b"no tensor", "must be a safetensors file"),
        ("w.txt", "1", "must be a .npy, .safetensors or .csv file, or random-"),
    ],
)
def test_a_wrong_matrix_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content)
    with pytest.raises(UsageError, match=message):
        CORE.configure({"matrix": str(path)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"matrix": "none.npy"}, "cannot read matrix 'none.npy': No such file"),
        ({"matrix": "random-int1/2x2/1"}, "must be random-int2..32 with 1 to 16384 entries"),
        ({"matrix": "random-int8/0x2/1"}, "must be random-int2..32 with 1 to 16384 entries"),
        ({"tensor": "a"}, "tensor must be left out with matrix 'random-int8/16x16/1'"),
        ({"fmt": "fp16"}, "fmt must be a fixed-point or integer format, not 'fp16'"),
        ({"digest": "12"}, "digest must be"),
    ],
)
def test_a_wrong_option_of_const_matvec_is_named(options, message):
    with pytest.raises(UsageError, match=message):
        CORE.configure(options)


def test_an_unknown_tensor_is_named_with_those_there_are(files):
    with pytest.raises(UsageError, match=r"one of first, second in .*not 'frist'; did you mean"):
        CORE.configure({"matrix": str(files / "two.safetensors"), "tensor": "frist"})
    with pytest.raises(UsageError, match="tensor must be left out with a"):
        CORE.configure({"matrix": str(files / "w.npy"), "tensor": "first"})
