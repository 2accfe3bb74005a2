"""Products with weights from memory channels: the sums of the golden model, bit for bit."""

import numpy as np
import pytest
from hwgen.cores.memory.channel_config import ChannelConfig
from hwgen.cores.memory.cluster_config import ClusterConfig
from hwgen.cores.memory.layer import Layer
from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen.errors import HwgenError, UsageError
from hwgen.golden.gpt.matrix import Matrix
from hwgen.gpt.joined_channels import joined_products
from hwgen.gpt.streamed_layer import StreamedLayer
from hwgen.quant.methods import parse_method

SHAPES = ((16, 96), (5, 64), (24, 200))


def matrix(method, rows, columns, seed):
    """Return a random matrix as a stream of weights."""
    from hwgen.formats.weight_stream import parse_weight_stream

    rng = np.random.default_rng(seed)
    weights = (rng.normal(size=(rows, columns)) / 8).astype(np.float32)
    made = parse_method(*method).quantize(weights)
    return parse_weight_stream(made.form.name).pack(made.arrays, (rows, columns))


def codes(each, bits, seed):
    rng, blocks = np.random.default_rng(seed), each.records.shape[1]
    most = (1 << bits - 1) - 1
    return rng.integers(-most, most + 1, (blocks, 32)), rng.integers(-14, 4, blocks)


def layer(method, channels, lanes, width, bits=8, freq=None, target="generic", shapes=SHAPES):
    matrices = [matrix(method, *shape, seed) for seed, shape in enumerate(shapes)]
    reader = ReaderConfig(data_bits=width, burst_bytes=256, buffer_beats=128, timeout=2000)
    config = ClusterConfig(
        matrices[0].stream.name, lanes, reader, bits, 32, target=target, freq=freq
    )
    channel = ChannelConfig(data_bits=width, beats=1 << 10)
    made = StreamedLayer(config, channels, channel)
    made.load(matrices)
    return made, matrices


def check(made, matrices, bits=8, **options):
    operands = [codes(each, bits, 7 + number) for number, each in enumerate(matrices)]
    found = made.products(operands, **options)
    for sums, each, (values, exponents) in zip(found.sums, matrices, operands, strict=True):
        golden = Matrix(each.stream.name, each.records, each.base)
        assert np.array_equal(sums, golden.sums(values[None], exponents[None])[0])
    return found


@pytest.fixture(scope="module")
def small():
    return layer(("int4", 32, "fp16"), 3, 2, 128)


def test_sums_of_all_matrices_are_those_of_the_golden_model(small):
    made, matrices = small
    made.reset()
    found = check(made, matrices)
    assert found.read_bytes >= found.weight_bytes
    assert found.cycles * found.peak_bytes >= found.read_bytes
    # without reset, and a matrix after the other
    later = check(made, matrices, dependent=True)
    assert later.cycles > found.cycles


def test_streams_keep_their_rules_while_both_sides_pause(small):
    made, matrices = small
    made.reset()
    for seed in range(3):
        check(made, matrices, stalls=0.5, seed=seed, probe=0.02, patient=bool(seed))


def test_an_error_of_one_channel_is_told_and_a_reset_ends_it(small):
    made, matrices = small
    made.reset(faulty=1, fault_channel=2, fault_first=300, fault_last=600)
    words = "slave error, in channel 2 at address 512"
    with pytest.raises(HwgenError, match=words):
        check(made, matrices)
    made.reset()
    check(made, matrices)


def test_what_does_not_fit_is_refused(small):
    made, matrices = small
    operands = [codes(each, 8, 1) for each in matrices]
    wide = np.zeros((40, 32), np.int64), np.zeros(40, np.int64)
    with pytest.raises(UsageError, match="codes must have at most 32 blocks"):
        made.products([wide, *operands[1:]])
    with pytest.raises(UsageError, match="channels must be from 1 to 32, not 33"):
        Layer(made.config, 33)
    with pytest.raises(UsageError, match="beats in a channel"):
        made.load(matrices * 9)
    with pytest.raises(UsageError, match="matrices must be group-int4-fp16/32, not group-int8"):
        made.load([matrix(("int8", 32, "fp16"), 3, 32, 1)])
    with pytest.raises(UsageError, match="matrices must be at most 4, not 6"):
        joined_products(made, 3, matrices * 2, operands * 2)
    with pytest.raises(UsageError, match="lanes must be 1, 2, 4, 8 or 16, not 3"):
        ClusterConfig(lanes=3)
    with pytest.raises(UsageError, match="groups of 16 columns or more"):
        ClusterConfig("mx-int8/8")


CASES = [
    (("int8", 32, "fp16"), 1, 2, 512, 8, 225, "ultrascale_plus"),
    (("int4-asym", 32, "fp16"), 4, 4, 512, 8, 225, "ultrascale_plus"),
    (("nvfp4", None, "fp16"), 2, 1, 512, 8, None, "generic"),
    (("bcq3", 32, "uint8"), 2, 2, 64, 16, 100, "ecp5"),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda each: each[0][0])
def test_every_format_and_width_gives_the_sums_of_the_golden_model(case):
    method, channels, lanes, width, bits, freq, target = case
    made, matrices = layer(method, channels, lanes, width, bits, freq, target)
    check(made, matrices, bits)
    made.reset()
    check(made, matrices, bits, stalls=0.3, seed=4, dependent=True)


@pytest.mark.slow
def test_channels_one_by_one_take_the_clock_cycles_of_all_together(small):
    made, matrices = small
    one, _ = layer(("int4", 32, "fp16"), 1, 2, 128)
    operands = [codes(each, 8, number) for number, each in enumerate(matrices)]
    for still in (0, 1):
        made.reset(still=still)
        together = made.products(operands)
        joined = joined_products(one, 3, matrices, operands, still=still)
        assert np.array_equal(joined.times, together.times)
        assert joined.cycles == together.cycles
        for found, wanted in zip(joined.sums, together.sums, strict=True):
            assert np.array_equal(found, wanted)
