"""Where the files of embeds stand, and how they are written."""

from __future__ import annotations

import json
from typing import Any

BASE = "embed/v1/"  # site path; the number is that of the format: what an older script cannot read gets another


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8, as short as it gets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
