"""Write result files so that nobody ever sees half of one."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import UsageError

__all__ = ["check_output_files", "prepare_folder", "replacing", "write_file"]


def prepare_folder(folder):
    """Create ``folder`` where needed and make sure that files can be written into it.

    Returns
    -------
    pathlib.Path
        The folder, absolute.

    Raises
    ------
    UsageError
        The folder cannot be created or written.
    """
    folder = Path(folder).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"output folder must be writable, not {str(folder)!r} ({reason}); choose another folder"
        ) from None
    return folder


def check_output_files(outputs, inputs):
    """Make sure, before long work, that files can be written and take the place of no other one.

    Parameters
    ----------
    outputs, inputs : dict of str to (pathlib.Path or None)
        By the name of the option that gives each; ``None`` is passed over.

    Raises
    ------
    UsageError
        An output is a folder, has none to stand in, or is an input or another output.
    """
    taken = {path.resolve(): name for name, path in inputs.items() if path is not None}
    for name, path in outputs.items():
        if path is None:
            continue
        if path.is_dir():
            raise UsageError(f"{name} must be a file, and {str(path)!r} is a folder")
        if not path.absolute().parent.is_dir():
            raise UsageError(
                f"cannot write {str(path)!r}: its folder does not exist; make it first"
            )
        if path.resolve() in taken:
            raise UsageError(
                f"{name} must be another file than {taken[path.resolve()]}, not {str(path)!r}"
            )
        taken[path.resolve()] = name


@contextmanager
def replacing(path):
    """Give a binary file that takes the place of ``path`` at the end, if nothing went wrong.

    Raises
    ------
    UsageError
        The file cannot be written there.
    """
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot write {str(path)!r} ({reason}); choose another folder") from None
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def write_file(path, content):
    """Write text (UTF-8) or bytes to ``path`` under a temporary name, then rename it into place.

    Raises
    ------
    UsageError
        The file cannot be written there.
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return Path(path)
