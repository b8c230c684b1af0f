"""Mail that comes back: bounces, stop requests, confirmations, complaints and answers, heard once each."""

from alongside.delivery.inbound.findings import Reception
from alongside.delivery.inbound.hearing import Heard, Kind, ingest, reception_of

__all__ = ["Heard", "Kind", "Reception", "ingest", "reception_of"]
