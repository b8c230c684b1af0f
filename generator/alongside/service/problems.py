"""What programs hear when something could not be done: `application/problem+json` (RFC 9457).

`title` names the HTTP status, `detail` says what to do; `problems` lists what was wrong with the body, each with a
JSON Pointer to it (RFC 6901). Addresses are masked: an answer may end up in a log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from alongside.problems import Problem, mask_addresses
from alongside.service import pages

# For what is refused before anybody looks at what it says.
_REFUSED = {
    400: "The request cannot be read.",
    405: "Use another method: Allow lists them.",
    408: "The body took too long to arrive.",
    413: "The body is too large.",
    415: "Send the body uncompressed.",
}
_DETAILS: Mapping[pages.Fault, str] = {
    "missing": "There is nothing here.",
    "refused": "The request was refused.",
    "busy": "Something failed here; nothing of it was kept. Send the request again later.",
}


class ProblemError(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self, status: int, detail: str, *, problems: Iterable[Problem] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        more = {"problems": listed(self.problems)} if self.problems else {}
        return answer(self.status, problem(self.status, self.detail, **more), self.headers)


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem (RFC 9457 section 3.1); its type is what its status says ("about:blank")."""
    return {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}


def answer(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Content as JSON; a problem from 400 on."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers=dict(headers or {}), media_type=kind)


def listed(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems of a body as JSON."""
    return [
        {
            "at": mask_addresses(problem.position.path),
            "code": problem.code,
            "severity": problem.severity,
            "message": mask_addresses(problem.message),
            "hint": mask_addresses(problem.hint),
        }
        for problem in problems
    ]


def problem_fault(_request: Request, what: pages.Fault, status: int, headers: Mapping[str, str]) -> Response:
    """How a route for programs tells its failures (`Service.route`)."""
    return answer(status, problem(status, _REFUSED.get(status, _DETAILS[what])), headers)
