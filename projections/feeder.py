"""Feeds ledgers step by step: alone while they are fresh, with others reading ahead while far behind."""

from collections.abc import Sequence
from typing import Final

from engine import log
from engine.store import Store
from projections import schema
from projections.ahead import SIZE as AHEAD
from projections.ahead import Ahead, HelperLost
from projections.batch import SIZE, UNWRITABLE, Batcher, Book, Progress, Stale
from projections.schema import Connection
from projections.sheaf import Aside, Sheaf

FAR: Final = 50_000
"""Distance in positions from which it pays to start processes."""


class Feeder:
    """Takes the log into the ledgers of one schema.

    Args:
        url: Connection string of a role that may read the log, for those who read ahead.
        book: Asked for policies and calendars once a batch, or once for all that is read ahead.
        size: Most events in a batch that it reads itself.
        into: The schema; those who read ahead for another than the live one step back behind all else.
        far: Distance from the end of the log at which others begin to read ahead.
    """

    def __init__(
        self,
        url: str,
        store: Store,
        book: Book,
        *,
        size: int = SIZE,
        into: str = schema.LIVE,
        far: int = FAR,
    ) -> None:
        self._url = url
        self._store = store
        self._book = book
        self._size = size
        self._far = far
        self._background = into != schema.LIVE
        self._batcher = Batcher(store, book, size=size, into=into)
        self._ahead: Ahead | None = None
        self._aside: Aside = {}
        self._position = 0
        self._alone_until = 0
        self._log = log.get("projector")

    def step(self, connection: Connection, upto: int | None = None) -> Progress:
        """Take in the next batch, as `Batcher.step`."""
        if self._ahead is not None:
            progress = self._take_ready(connection, self._ahead, upto)
            if progress is not None:
                self._position = progress.position
                return progress
        progress = self._batcher.step(connection, upto)
        self._position = progress.position
        if progress.events >= self._size:
            self._set_out(connection, progress.position, upto)
        return progress

    def close(self) -> None:
        """End the processes that read ahead."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.close()

    def _set_out(self, connection: Connection, after: int, upto: int | None) -> None:
        if after < self._alone_until:
            return
        goal = self._store.horizon() if upto is None else upto
        if goal - after < self._far:
            return
        self._aside = self._batcher.aside(connection)
        self._ahead = Ahead(self._url, background=self._background)
        try:
            self._ahead.order(after, goal, self._aside, self._book())
        except HelperLost as error:
            self._give_up(error)

    def _take_ready(self, connection: Connection, ahead: Ahead, upto: int | None) -> Progress | None:
        """Take in what was made ready; None when there is none, or it can't be taken as it is."""
        shards: Sequence[Sheaf] = ()
        try:
            shards = ahead.next()
            if shards and (upto is None or shards[0].position <= upto):
                return self._batcher.put(connection, shards, self._aside)
        except UNWRITABLE as error:
            self._alone_until = shards[0].position
            self._give_up(error)
        except HelperLost as error:
            self._alone_until = self._position + AHEAD  # what one of them can't make ready is met there
            self._give_up(error)
        except Stale as error:
            self._give_up(error)
        except BaseException:
            self.close()
            raise
        self.close()
        return None

    def _give_up(self, error: Exception) -> None:
        """Go on alone: a batch that the writer folds itself tells good rows from bad ones."""
        self._log.info("reading_ahead_ended", reason=type(error).__name__, detail=str(error))
        self.close()
