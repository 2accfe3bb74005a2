"""Python's cyclic garbage collector, and when it had better wait."""

import gc
from contextlib import contextmanager

__all__ = ["no_garbage_collection"]


@contextmanager
def no_garbage_collection():
    """Suspend the cyclic collector: it would look at millions of live objects again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
