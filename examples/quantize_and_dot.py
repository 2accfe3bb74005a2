"""How much a dot product loses in each MX format: NumPy only, no hardware.

Two arrays become blocks, and the golden model of ``mx-dot`` computes what the hardware would
answer, bit for bit.
"""

import numpy as np

from hwgen import catalogue, formats

BLOCKS = 1000
FORMATS = ("mxfp8-e4m3", "mxfp8-e5m2", "mxfp6-e2m3", "mxfp6-e3m2", "mxfp4-e2m1", "mxint8")


def dot_products(name, x, y):
    """Return the fp32 dot products of the rows of two arrays, quantized to format ``name``."""
    core = catalogue.get("mx-dot")
    config = core.configure({"fmt": name})
    scale_x, codes_x = config.fmt_a.quantize(x)
    scale_y, codes_y = config.fmt_b.quantize(y)
    beats = {"a": codes_x, "b": codes_y, "scale_a": scale_x[:, 0], "scale_b": scale_y[:, 0]}
    codes = core.golden(config, {"i": beats})["o"]["result"]
    return formats.parse("fp32").decode(codes)


def main():
    random = np.random.default_rng(1)
    x, y = random.normal(size=(2, BLOCKS, 32)).astype(np.float32)
    exact = np.sum(x.astype(np.float64) * y, axis=1)
    print("format       bits per element   relative error (rms)")
    for name in FORMATS:
        error = dot_products(name, x, y) - exact
        relative = np.sqrt(np.mean(error**2) / np.mean(exact**2))
        bits = formats.parse(name).bits_per_element
        print(f"{name:12} {bits:16.2f} {relative:22.2%}")


if __name__ == "__main__":
    main()
