"""Work in processes of its own, since one Python process fills one core; the answers come in order.

Each child has a pipe to itself and one piece of work at a time, handed over by a thread of this process. So a
child that is killed can't hold up the others (the executor of the standard library lets all children share
one pipe, and a reader waits for ever for the rest of an answer), and what has not begun can be taken back.

A child ends when its parent does, however that ends, and never by a Ctrl-C, which is its parent's business.
"""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from engine import collector
from engine.errors import Unavailable

Asked = TypeVar("Asked")
Given = TypeVar("Given")
Prepare = Callable[..., AbstractContextManager[Callable[[Asked], Given]]]
"""Gets ready, gives what does one piece of work, and cleans up; a function of a module, which can be sent."""
Mapped = Callable[[Iterable[Asked]], Iterator[Given]]
"""Does many pieces, and yields an answer for each, in their order."""

AHEAD: Final = 2
"""Pieces a process that are under way or wait: none of them is idle, and no more than these are in memory."""
_GRACE: Final = 10.0
"""Seconds for an idle child to close what it has open."""


def cores() -> int:
    """Return the number of cores of this machine."""
    return os.cpu_count() or 1


@contextmanager
def pool(
    prepare: Prepare[Asked, Given], args: tuple[Any, ...], processes: int
) -> Iterator[Mapped[Asked, Given]]:
    """Start processes, give what lets them work, and end them: at once where anything is raised.

    What is given raises whatever the work raises, and Unavailable (unavailable) where a process was lost.

    Args:
        prepare: Called in each process with `args`, before its first piece.
        args: Values that can be pickled; they don't show among the arguments of the process.
        processes: How many; 1 or more.
    """
    children: list[_Child] = []
    threads = ThreadPoolExecutor(processes, thread_name_prefix="pool")
    whole = False
    try:
        children.extend(_Child(prepare, args) for _ in range(processes))
        yield _Mapping(threads, children)
        whole = True
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for child in children if not whole else ():
            child.terminate()
        threads.shutdown()
        for child in children:
            child.end()


class _Mapping:
    """Hands pieces to the children that are idle, a bounded number ahead of the answers that are taken."""

    def __init__(self, threads: ThreadPoolExecutor, children: list["_Child"]) -> None:
        self._threads = threads
        self._most = AHEAD * len(children)
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        for child in children:
            self._idle.put(child)

    def __call__(self, pieces: Iterable[Any]) -> Iterator[Any]:
        waiting: deque[Future[Any]] = deque()
        for piece in pieces:
            waiting.append(self._threads.submit(self._ask, piece))
            if len(waiting) == self._most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _ask(self, piece: Any) -> Any:
        child = self._idle.get()
        try:
            return child.ask(piece)
        finally:
            self._idle.put(child)  # a lost one too: whoever gets it is told so, and doesn't wait for ever


class _Child:
    """One process, seen from this side."""

    def __init__(self, prepare: Prepare[Any, Any], args: tuple[Any, ...]) -> None:
        # A forked child would share open sockets with this process.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with theirs:
            self._process.start()
        with suppress(OSError):  # one that is lost at once is told with the first piece
            self._pipe.send((prepare, args))

    def ask(self, piece: Any) -> Any:
        """Let it do a piece of work.

        Raises:
            Unavailable: unavailable, when it is lost.
            Exception: What the work raised.
        """
        try:
            self._pipe.send(piece)
            good, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Unavailable(
                "A process that did a part of the work was killed, perhaps for want of memory; run it again."
            ) from error
        if not good:
            raise answer
        return answer

    def terminate(self) -> None:
        """Let it end at once, whatever it does."""
        self._process.terminate()

    def end(self) -> None:
        """Let it close what it has open, and wait for its end."""
        self._pipe.close()
        self._process.join(_GRACE)
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(pipe: Connection) -> None:
    """Work in a child until the parent wants nothing more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with ExitStack() as opened, suppress(EOFError, OSError):
        prepare, args = pipe.recv()
        work: Callable[[Any], Any] | None = None
        while True:
            piece = pipe.recv()
            try:
                work = work or _begun(opened, prepare, args)
                answer = (True, work(piece))
            except Exception as error:
                answer = (False, _portable(error))
            pipe.send(answer)


def _begun(opened: ExitStack, prepare: Prepare[Any, Any], args: tuple[Any, ...]) -> Callable[[Any], Any]:
    work = opened.enter_context(prepare(*args))
    collector.spare()
    return work


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _portable(error: Exception) -> Exception:
    """Return an error that survives the way to the parent, with a note of where it was raised."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
