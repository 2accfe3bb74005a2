"""Which core, in which configuration, a bitstream holds."""

import hashlib
import json

__all__ = ["IMPLEMENTATION_FIELDS", "identity"]

# config fields that say how fast or of what a core is built, not what it computes
IMPLEMENTATION_FIELDS = ("dsp", "freq", "key_lanes", "mapping", "target")


def identity(name, config):
    """Return the 8 bytes that a board reports for core ``name`` configured with ``config``.

    They are the first bytes of the SHA-256 of name and configuration as canonical JSON. Fields
    in `IMPLEMENTATION_FIELDS` do not count: a host need not know them to use the core. Neither do
    those that the config's ``digest`` stands for, such as the name of a file.
    """
    values = config.as_dict()
    left_out = IMPLEMENTATION_FIELDS + config.digested
    fields = {key: value for key, value in values.items() if key not in left_out}
    text = json.dumps({"core": name, "config": fields}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()[:8]
