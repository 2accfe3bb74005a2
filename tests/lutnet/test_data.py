"""Readers of data sets: integers in a stated format, and mistakes in one line."""

import gzip
import struct

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements
from hwgen.lutnet.config import DataOptions, EncoderOptions
from hwgen.lutnet.data import read_data
from hwgen.lutnet.encoder import connected_elements, encoded, fitted_encoder


def idx(array):
    return b"\0\0\x08" + struct.pack(f">B{array.ndim}I", array.ndim, *array.shape) + array.tobytes()


def test_digits_are_1797_images_split_the_same_way_every_time():
    first, second = (read_data(DataOptions(set="digits")) for _ in range(2))
    assert (len(first.train), len(first.test)) == (1438, 359)
    assert (first.inputs, first.train.min(), first.train.max()) == (Elements(64, 5), 0, 16)
    counts = np.bincount(np.concatenate([first.train_classes, first.test_classes]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert first.digest == second.digest


def test_mnist_is_read_compressed_or_not(tmp_path):
    generator = np.random.default_rng(1)
    for part, count in (("train", 5), ("t10k", 3)):
        images = generator.integers(0, 256, (count, 28, 28), np.uint8)
        classes = generator.integers(0, 10, count, np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(classes))
    found = read_data(DataOptions(set="mnist"), tmp_path)
    assert (found.test == images.reshape(3, -1)).all()
    assert (found.test_classes == classes).all()
    assert (found.inputs, found.train.shape) == (Elements(784, 8), (5, 784))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1\0\0\0\5\0")
    with pytest.raises(UsageError, match="must hold 5 bytes"):
        read_data(DataOptions(set="mnist"), tmp_path)
    with pytest.raises(UsageError, match=r"must have a file train-images-idx3-ubyte\.gz"):
        read_data(DataOptions(set="mnist"), tmp_path / "no")


def test_features_of_csv_become_fixed_point_numbers_of_standard_deviations(tmp_path):
    generator = np.random.default_rng(2)
    values = generator.normal([5, 5, 8], [1, 100, 0], (400, 3))
    path = tmp_path / "t.csv"
    lines = [f"{a},{'odd' if n % 2 else 'even'},{b},{c}" for n, (a, b, c) in enumerate(values)]
    path.write_text("\n".join(["a,parity,b,c", *lines]))
    found = read_data(DataOptions(set="csv", label="parity", bits=10, held_out=0.25), path)
    assert (len(found.train), len(found.test), found.classes) == (300, 100, ["even", "odd"])
    assert found.inputs == Elements(3, 10, True)
    assert np.allclose(found.train.std(axis=0), [128, 128, 0], atol=1)
    known = found.preparation
    vectors = np.rint((values - known["mean"]) / known["deviation"] * known["unit"])
    assert {tuple(each) for each in found.test} <= {tuple(each) for each in vectors.astype(int)}


def test_npz_is_read(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, X=np.random.default_rng(3).normal(size=(50, 4)), y=np.arange(50) % 3)
    found = read_data(DataOptions(set="npz", path=str(path)))
    assert (found.inputs, found.classes) == (Elements(4, 8, True), ["0", "1", "2"])
    np.savez(path, X=np.ones((50, 4)))
    with pytest.raises(UsageError, match="must hold arrays X and y"):
        read_data(DataOptions(set="npz"), path)


def test_nslkdd_has_an_element_for_every_word_and_hundredths_for_rates(tmp_path):
    def row(protocol, duration, rate, kind):
        cells = ["0"] * 41
        cells[0], cells[1], cells[2], cells[3], cells[24] = duration, protocol, "http", "SF", rate
        return ",".join([*cells, kind, "20"])

    train = [row("tcp", "70000", "0.05", "normal"), row("udp", "7", "1.00", "neptune")]
    (tmp_path / "KDDTrain+_20Percent.txt").write_text("\n".join(train))
    (tmp_path / "KDDTest+.txt").write_text(row("icmp", "3", "0.50", "normal"))
    found = read_data(DataOptions(set="nslkdd"), tmp_path)
    assert found.inputs == Elements(38 + 4, 16)
    assert found.train[:, 0].tolist() == [65_535, 7]
    assert found.train[:, 21].tolist() == [5, 100]
    assert found.train[:, 38:].tolist() == [[1, 0, 1, 1], [0, 1, 1, 1]]
    assert found.test[0, 38:].tolist() == [0, 0, 1, 1]
    assert (found.train_classes.tolist(), found.test_classes.tolist()) == ([0, 1], [0])


ARFF = """\
% jets of simulated collisions
@RELATION jets

@ATTRIBUTE zlogz REAL
@attribute 'c1 b0' numeric
@attribute class {'g', q, w, z, t}
@attribute mass INTEGER
@DATA
"""


def jets(path, count=60):
    """Write an ARFF file of jets; return features and classes."""
    random = np.random.default_rng(5)
    features, classes = random.normal(size=(count, 16)), np.arange(count) % 5
    names = [f"@attribute f{each} NUMERIC" for each in range(16)]
    rows = [
        ",".join([*(f"{each:.17g}" for each in row), "gqwzt"[kind]])
        for row, kind in zip(features, classes, strict=True)
    ]
    head = ["% comment", "@relation jets", *names, "@attribute class {g,q,w,z,t}", "", "@data"]
    path.write_text("\n".join([*head, *rows, ""]))
    return features, classes


def test_arff_gives_numbers_and_classes_in_the_order_of_their_list(tmp_path):
    from hwgen.lutnet.arff import read_arff

    path = tmp_path / "t.arff"
    path.write_text(ARFF + "1.5,-2e-3,'t',7\n% no row\n\n0,1,g,3\n")
    features, classes, names = read_arff(path)
    assert features.tolist() == [[1.5, -0.002, 7], [0, 1, 3]]
    assert (classes.tolist(), names) == ([4, 0], ["g", "q", "w", "z", "t"])


def test_jets_of_openml_and_arrays_of_them_are_the_same_set(tmp_path):
    features, classes = jets(tmp_path / "jets.arff")
    np.savez(tmp_path / "sample.npz", X=features, y=classes)
    whole = read_data(DataOptions(set="jets"), tmp_path / "jets.arff")
    sample = read_data(DataOptions(set="jets"), tmp_path / "sample.npz")
    assert (whole.name, whole.inputs) == ("jets-openml", Elements(16, 8, True))
    assert whole.classes == ["g", "q", "w", "z", "t"]
    assert (len(whole.train), len(whole.test)) == (48, 12)
    for name in ("train", "test", "train_classes", "test_classes"):
        assert (getattr(whole, name) == getattr(sample, name)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ARFF + "1,2,x,3\n", r"t\.arff:9: a row must have 3 numbers and one of the classes g, q"),
        (ARFF + "1,2,g\n", r"t\.arff:9: a row must have 3 numbers"),
        (ARFF + "1,?,g,3\n", r"t\.arff:9: a row must have 3 numbers"),
        (ARFF + "1,nan,g,3\n", "rows, all of finite numbers"),
        (ARFF, "must have rows"),
        ("1,2\n", "has no line @data"),
        ("@attribute a\n@data\n", r"t\.arff:1: an attribute must have a name and a type"),
        ("@attribute a real\n@data\n1\n", "all attributes but one"),
        ("@attribute a string\n@attribute c {x}\n@data\n", "all attributes but one"),
        (ARFF + "1,2,g,3\n", "must have jets of 16 features and 5 classes, not 3 and 5"),
    ],
)
def test_a_file_that_has_no_jets_gives_one_line(tmp_path, text, message):
    path = tmp_path / "t.arff"
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        read_data(DataOptions(set="jets"), path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("1,2,a\n1,x,b\n", {}, "must have the same number of columns"),
        ("1,2,3\n1,2\n", {}, "must have the same number of columns"),
        ("", {}, "must have a line or more"),
        ("1,2,3\n", {"label": "kind"}, "must have a column 'kind'"),
    ],
)
def test_a_csv_that_cannot_be_gives_one_line(tmp_path, text, options, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        read_data(DataOptions(set="csv", **options), path)
    assert "\n" not in str(caught.value)


def test_a_set_without_a_path_and_a_file_that_is_not_there_are_named():
    with pytest.raises(UsageError, match="data set mnist must have a path"):
        read_data(DataOptions(set="mnist"))
    with pytest.raises(UsageError, match=r"cannot read 'no.csv': No such file"):
        read_data(DataOptions(set="csv", path="no.csv"))


def test_encoders_have_the_thresholds_that_were_asked_for():
    features = np.stack([np.arange(101), np.full(101, 7)], axis=1)
    uniform = fitted_encoder(EncoderOptions(thresholds="uniform", levels=3), features)
    assert uniform.thresholds.tolist() == [[25, 50, 75], [7, 7, 7]]
    quantiles = fitted_encoder(EncoderOptions(levels=1), features)
    assert quantiles.thresholds.tolist() == [[51], [8]]
    listed = EncoderOptions(thresholds=[4, 5, 60], coding="binary", bits=2)
    codes = encoded(fitted_encoder(listed, features), features)
    assert codes[0].tolist() == [0] * 4 + [1] + [2] * 55 + [3] * 41
    assert connected_elements(codes, 0.0).tolist() == [0]
    assert connected_elements(codes, 0.5).size == 0
