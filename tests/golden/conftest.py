"""The definitions that the format tests trust are the ones that these tests trust."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "formats"))
