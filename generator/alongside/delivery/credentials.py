"""Secrets from outside: in a variable of the environment, or in a file that a variable names.

    ALONGSIDE_SMTP_URL=smtps://...
    ALONGSIDE_SMTP_URL_FILE=/run/credentials/alongside.service/smtp

A file is what systemd's `LoadCredential=` and the secrets of containers give. It is read whenever the secret is
needed, so a file that is replaced is a secret that is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alongside.problems import UsageError

LARGEST = 65_536  # bytes


def read_secret(environment: Mapping[str, str], name: str) -> str:
    """The value of `name`, or what stands in the file that `name`_FILE names, without the line's end; "" for neither.

    Raises `UsageError` when both are set, or the file cannot be read. No message repeats a secret.
    """
    given, path = environment.get(name, ""), environment.get(f"{name}_FILE", "").strip()
    if not path:
        return given
    if given:
        raise UsageError(f"Both {name} and {name}_FILE are set.", hint="Leave one of them out.")
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"The file that {name}_FILE names cannot be read: {error.strerror}.",
            hint="Name one that this user may read.",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The file that {name}_FILE names is no UTF-8.", hint="Write the secret as text.") from error
    if len(raw) > LARGEST:
        raise UsageError(f"The file that {name}_FILE names is too large to be a secret.", hint="Name the right one.")
    return text.rstrip("\r\n")
