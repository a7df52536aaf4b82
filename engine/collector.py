"""How often a process that works on cases looks for cycles of objects: hardly anything here is in one."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 50_000
"""New objects after which it looks among them; by default 700, and through everything every so often."""


def spare() -> None:
    """Look seldom, and never at what is there by now; to be called once all is loaded.

    Looking took some 15% of the processor time of an import.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


@contextmanager
def resting() -> Iterator[None]:
    """Don't look at all meanwhile: for a batch, which makes no cycles and many objects."""
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()
