"""Requests that wait at the same time are done together: in one transaction, made durable by one write to the disk.

A commit waits for the disk, and SQLite has one writer at a time; a commit for each request would have them queue for
it. So one thread takes all that came meanwhile, does them in one transaction, and each is answered after it is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection

from alongside.delivery.requests import OvertakenError
from alongside.delivery.store import RefusedError, Store, StoreError

MOST = 256  # requests in one transaction
TRIES = 5  # where other processes answer the same requests at the same time

Order = TypeVar("Order")
Done = TypeVar("Done")


class Together(Generic[Order, Done]):
    """Does orders in the order they come. For one event loop."""

    def __init__(self, store: Store, work: Callable[[Connection, Sequence[Order]], Sequence[Done]]) -> None:
        """`work` does some orders in a transaction: a result for each, in their order. It may be called again."""
        self._store = store
        self._work = work
        self._waiting: list[tuple[Order, asyncio.Future[Done]]] = []
        self._running: asyncio.Task[None] | None = None
        self._thread = anyio.CapacityLimiter(1)

    async def do(self, order: Order) -> Done:
        """What `work` gave for it, once it is kept. Raises what `work` raises, and `StoreError`."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, future))
        if self._running is None:
            self._running = asyncio.create_task(self._do_waiting())
        return await future

    async def _do_waiting(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # what has arrived already comes along
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                orders = [order for order, _ in taken]
                done: list[Done | Exception]
                try:
                    done = await anyio.to_thread.run_sync(partial(self._do, orders), limiter=self._thread)
                except Exception as error:  # no thread could be had
                    done = [error] * len(orders)
                for (_, future), result in zip(taken, done, strict=True):
                    _tell(future, result)
        finally:
            self._running = None

    def _do(self, orders: Sequence[Order]) -> list[Done | Exception]:
        """All of them in one transaction; each in its own, where one of them fails, so that it fails alone."""
        try:
            return list(self._do_all(orders))
        except Exception as error:
            is_of_all = isinstance(error, StoreError) and not isinstance(error, RefusedError)
            if is_of_all or len(orders) == 1:
                return [error] * len(orders)
            return [result for order in orders for result in self._do([order])]

    def _do_all(self, orders: Sequence[Order]) -> Sequence[Done]:
        for _ in range(TRIES):
            with contextlib.suppress(OvertakenError), self._store.writing() as connection:
                return self._work(connection, orders)
        raise StoreError("Other processes answer the same requests.", hint="Send them again later.")


def _tell(future: asyncio.Future[Done], result: Done | Exception) -> None:
    if future.done():
        return  # who asked has gone
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
