"""One deadline for a whole piece of work: a receiver that sends a byte a second keeps every time-out of its own."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


class HungError(Exception):
    """It was not done in time."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns or raises; raises HungError after so many seconds, and leaves it to itself."""
    done: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    Thread(target=run, name="jindu-send", daemon=True).start()
    try:
        result, error = done.get(timeout=seconds)
    except Empty:
        raise HungError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error it is one
