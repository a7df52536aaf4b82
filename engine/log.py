"""Logs for operators: JSON lines, or aligned text on a terminal; ids only, never personal data."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor


class _Stderr(io.TextIOBase):
    """Standard error as it is when a line is written; programs and tests may put another one in its place."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


def configure(level: str = "INFO") -> None:
    """Set up logging of this process to standard error.

    Args:
        level: Name of a level of the standard library.
    """
    terminal = sys.stderr.isatty()
    end: Processor = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            end,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Stderr())),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> FilteringBoundLogger:
    """Return a logger whose lines carry the name of the part that speaks."""
    return cast(FilteringBoundLogger, structlog.get_logger(part=name))
