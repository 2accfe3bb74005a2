"""Keep the results of build stages by the digest of everything that they depend on.

An entry is a folder. It is made under a temporary name and renamed when it is complete, under a
lock per entry: two runs that want the same entry make it once, and a run that is killed leaves
nothing that a later run would take for a result.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hwgen.errors import HwgenError, UsageError

__all__ = ["Entry", "cache_folder", "digest", "sources_digest", "stage"]

_RESULT = "stage-result.json"
_SUFFIXES = {".py", ".v", ".vlt", ".cpp", ".lpf", ".pcf"}
_KEEP_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Entry:
    """One finished stage.

    Parameters
    ----------
    folder : pathlib.Path
        The stage's files; to be read only.
    result : dict
        What the stage returned.
    cached : bool
        Whether the stage was found finished.
    seconds : float
        Wall-clock time of the run that made it.
    """

    folder: Path
    result: dict
    cached: bool
    seconds: float


def cache_folder():
    """Return the folder of build results: ``$HWGEN_CACHE_DIR``, else the user's cache folder."""
    chosen = os.environ.get("HWGEN_CACHE_DIR")
    if chosen:
        return Path(chosen, "stages").absolute()
    if os.environ.get("XDG_CACHE_HOME"):
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "hwgen" / "stages"


def digest(*parts):
    """Return a digest of JSON-able values; the order of dictionary keys does not matter."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def sources_digest():
    """Return the digest of hwgen's own installed sources but the command line's."""
    import hwgen.boards
    import hwgen.cores

    boards = Path(hwgen.boards.__file__).parent
    roots = [Path(hwgen.__file__).parent, Path(hwgen.cores.__file__).parent, boards]
    roots.append(boards.parent / "constraints")
    files = {
        path: f"{index}/{path.relative_to(root)}"
        for index, root in enumerate(roots)
        for path in root.rglob("*")
        if path.suffix in _SUFFIXES and path.relative_to(root).parts[0] != "cli"
    }
    whole = hashlib.sha256()
    for path, name in sorted(files.items(), key=lambda item: item[1]):
        content = path.read_bytes()
        whole.update(f"{name} {len(content)}\n".encode() + content)
    return whole.hexdigest()[:32]


def stage(name, key, produce, *, failures=None):
    """Return a finished stage from the cache, or make it.

    Parameters
    ----------
    name : str
        Kind of stage; part of the entry's file name.
    key : JSON-able
        Everything that the result depends on.
    produce : callable
        Called with an empty folder to fill; returns a JSON-able dict.
    failures : path, optional
        Folder that gets the log files of a stage that fails.

    Returns
    -------
    Entry

    Raises
    ------
    UsageError
        The cache folder cannot be written.
    """
    from filelock import FileLock

    root = cache_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise UsageError(
            f"cache folder must be writable, not {str(root)!r} ({error.strerror}); "
            "set HWGEN_CACHE_DIR to another folder"
        ) from None
    entry = root / f"{name}-{digest(key)}"
    if (found := _load(entry)) is not None:
        return found
    with FileLock(f"{entry}.lock"):
        if (found := _load(entry)) is not None:
            return found
        _remove_remains(root, entry)
        work = Path(tempfile.mkdtemp(prefix=f"{entry.name}.partial-", dir=root))
        start = time.perf_counter()
        try:
            result = produce(work)
            seconds = time.perf_counter() - start
            document = json.dumps({"result": result, "seconds": seconds})
            (work / _RESULT).write_text(document)
            os.replace(work, entry)
        except HwgenError as error:
            if failures is not None:
                _keep_logs(error, work, Path(failures))
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Entry(entry, json.loads(document)["result"], False, seconds)


def _load(entry):
    """Return a finished entry, or None; what is found counts as used today."""
    try:
        document = json.loads((entry / _RESULT).read_text())
        os.utime(entry)
    except (OSError, ValueError):
        return None
    return Entry(entry, document["result"], True, document["seconds"])


def _remove_remains(root, entry):
    """Remove what a killed run left of this entry, and entries that nobody used for a month.

    The caller holds the entry's lock, so nobody else is at work on it.
    """
    for path in root.glob(f"{entry.name}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    oldest = time.time() - _KEEP_SECONDS
    for path in root.iterdir():
        try:
            if path.is_dir() and path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue


def _keep_logs(error, work, folder):
    """Copy the logs of a failed stage into ``folder``, and let the error's message say so."""
    message = str(error)
    for log in work.rglob("*.log"):
        shutil.copyfile(log, folder / log.name)
        message = message.replace(str(log), str(folder / log.name))
    error.args = (message,)
