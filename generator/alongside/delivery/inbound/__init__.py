"""Mail that comes back: bounces, stop requests, confirmations, complaints and answers, heard once each."""

from alongside.delivery.inbound.hearing import Heard, Kind, Reception, ingest

__all__ = ["Heard", "Kind", "Reception", "ingest"]
