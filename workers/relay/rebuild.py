"""Brings every timer back into a Temporal that may be empty, from the log alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
