from __future__ import annotations

import pytest

from alongside.delivery.doctor.name_servers import make_resolver
from alongside.problems import UsageError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:5353", "127.0.0.1", 5353), ("9.9.9.9", "9.9.9.9", 53), ("[::1]:54", "::1", 54), ("::1", "::1", 53)],
)
def test_which_server_is_asked(text: str, host: str, port: int) -> None:
    resolver = make_resolver(text, timeout=1)
    assert (resolver.nameservers, resolver.port) == ([host], port)


@pytest.mark.parametrize(
    ("text", "said"),
    [("dns.example.org:53", "ALONGSIDE_DNS names no IP address."), ("127.0.0.1:x", "ALONGSIDE_DNS names no port.")],
)
def test_a_wrong_server_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_resolver(text, timeout=1)
    assert caught.value.message == said
    assert caught.value.hint == "Write ALONGSIDE_DNS=127.0.0.1:5353."
