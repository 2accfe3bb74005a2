"""Compile Verilator's own library once: run as OBJCACHE, before the compiler's command line.

Every model is linked with the same few files of Verilator and cocotb; compiling them is most of
the work of a small build. Objects are kept under the digest of the command and the source.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder, command):
    """Run ``command`` (a compiler call), or copy the object file that it made before."""
    source = next((word for word in command if word.endswith(".cpp")), "")
    if not Path(source).name.startswith("verilat") or "-o" not in command:
        return subprocess.call(command)
    target = command[command.index("-o") + 1]
    words = [word for word in command if word != source]
    identity = hashlib.sha256("\0".join(words).encode() + Path(source).read_bytes())
    # headers in the build folder: cocotb's main program includes the model's own
    own = ["Vtop.h"] if Path(source).name == "verilator.cpp" else ["lz4.h", "zlib.h"]
    for header in filter(Path.exists, map(Path, own)):
        identity.update(header.read_bytes())
    kept = Path(folder, f"{identity.hexdigest()[:24]}.o")
    if kept.exists():
        shutil.copyfile(kept, target)
        return 0
    status = subprocess.call(command)
    if status == 0:
        handle, temporary = tempfile.mkstemp(dir=folder)
        os.close(handle)
        shutil.copyfile(target, temporary)
        os.replace(temporary, kept)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
