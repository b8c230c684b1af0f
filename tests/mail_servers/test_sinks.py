"""What the benchmark measures with takes and sends what it says."""

from __future__ import annotations

import smtplib

import pytest
from bench.harness import BenchError
from bench.mail_servers import running_sink, time_smtp_source

pytestmark = pytest.mark.mail


def test_source_sends_and_sink_counts() -> None:
    with running_sink() as sink:
        assert sink.count() == 0
        assert time_smtp_source(sink.port, messages=200, sessions=4, length_bytes=1000) > 0
        assert sink.count() == 200
    with pytest.raises(BenchError, match="refused"):
        time_smtp_source(sink.port, messages=1)


@pytest.mark.parametrize("pipelining", [True, False])
def test_sink_announces_pipelining_or_not(pipelining: bool) -> None:
    with running_sink(pipelining=pipelining) as sink, smtplib.SMTP(sink.host, sink.port, timeout=20) as session:
        session.ehlo()
        assert ("pipelining" in session.esmtp_features) is pipelining
