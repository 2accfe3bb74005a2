"""Catalogue entry of ``lut-gemm``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import lut_gemm as test_vectors
from hwgen.cores.lookup.gemm_config import LutGemmConfig
from hwgen.golden.lut_gemm import product_stream

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.lookup.gemm import LutGemm

    return LutGemm(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/lut_gemm.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    if config.bias_width:
        codes, top = tokens["bias"].astype(np.int64), 1 << config.bias_width - 1
        tokens["bias"] = (codes ^ top) - top
    results = product_stream(
        **tokens,
        columns=config.columns,
        rows=config.rows,
        planes=config.bits,
        lanes=config.lanes,
        format_x=config.fmt,
    )
    width = config.result_shape.width
    codes = results & (1 << width) - 1
    return {"o": {"y": codes if width > 64 else codes.astype(np.uint64)}}


_SEMANTICS = """TODO"""

CORE = Core(
    name="lut-gemm",
    summary="binary-coded matrix times vector: sums of four elements are looked up, exactly",
    source="G. Park et al., LUT-GEMM: Quantized Matrix Multiplication based on LUTs for Efficient "
    "Inference in Large-Scale Generative Language Models, ICLR 2024, section 3",
    config=LutGemmConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core lut-gemm --columns 64 --freq 100",
        "hwgen build --core lut-gemm --lanes 64 --bits 4 --board ulx3s --freq 100",
        "hwgen emit --core lut-gemm --bits 2 --bias-width 0 --fmt int4",
    ),
)
