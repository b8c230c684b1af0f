"""The peer of the service, by `python -m bench.service_peer DATABASE_URL`: a bare Starlette route around one INSERT.

The same server with the same settings around it, and a store that is opened as ours is. One request, one INSERT, one
COMMIT; nothing is checked, nothing read. One thread writes, as SQLite has one writer: more would wait for each other,
and in the event loop itself nobody would be heard meanwhile.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path

import anyio
import anyio.to_thread
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alongside.delivery.store import open_store
from alongside.service.core import Counts
from alongside.service.lines import Level
from alongside.service.server import listen, serve

TABLE = sa.Table(
    "peer_requests",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)


def main(url: str) -> None:
    """Serve until the process is ended; the port is printed."""
    store = open_store(Path.cwd(), {"ALONGSIDE_DATABASE_URL": url})
    TABLE.metadata.create_all(store.engine)
    statement = sa.insert(TABLE)

    limiter = anyio.CapacityLimiter(1)

    def keep(body: bytes) -> None:
        with store.writing() as connection:
            connection.execute(statement, {"body": body.decode()})

    async def take(request: Request) -> Response:
        await anyio.to_thread.run_sync(keep, await request.body(), limiter=limiter)
        return JSONResponse({"status": "enrolled"}, 201)

    def log(level: Level, about: str, text: str) -> None:
        print(level, about, text, file=sys.stderr)

    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    app = Starlette(routes=[Route("/enroll", take, methods=["POST"])])
    serve(app, listener, stopping=threading.Event(), log=log, counts=Counts(Counter()))


if __name__ == "__main__":
    main(sys.argv[1])
