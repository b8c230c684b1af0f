"""Certificates made for one run of the tests with the command `openssl`: a CA, and what it signs, well or badly."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

FITTING = "DNS:localhost,IP:127.0.0.1"
ELSEWHERE = "DNS:mail.elsewhere.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Two files in PEM."""

    certificate: Path
    key: Path

    @property
    def pin(self) -> str:
        """The hash of its public key (RFC 7469 section 2.4), by which Chromium can be told to trust it."""
        public = _openssl("pkey", "-in", str(self.key), "-pubout", "-outform", "DER")
        return b64encode(hashlib.sha256(public).digest()).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CA in a folder of its own. Clients trust `file`."""

    folder: Path
    file: Path
    key: Path

    def issue(self, name: str, hosts: str = FITTING, *, days: int = 2) -> Certificate:
        """A certificate signed by this CA; negative days make one that has expired."""
        path = self.folder / name
        _make_key(path.with_suffix(".key"))
        return _sign(path, hosts, days, "-CA", str(self.file), "-CAkey", str(self.key))

    def self_sign(self, name: str, hosts: str = FITTING) -> Certificate:
        """A certificate that nobody vouches for."""
        path = self.folder / name
        _make_key(path.with_suffix(".key"))
        return _sign(path, hosts, 2, "-signkey", str(path.with_suffix(".key")))


def make_authority(folder: Path) -> Authority:
    """A new CA; its files are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    key, file = folder / "ca.key", folder / "ca.pem"
    _make_key(key)
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    _openssl("req", "-x509", "-key", str(key), "-subj", "/CN=Tests", "-days", "2", *extensions, "-out", str(file))
    return Authority(folder=folder, file=file, key=key)


def _sign(path: Path, hosts: str, days: int, *signer: str) -> Certificate:
    key, request, extensions = path.with_suffix(".key"), path.with_suffix(".csr"), path.with_suffix(".ext")
    certificate = path.with_suffix(".pem")
    _openssl("req", "-new", "-key", str(key), "-subj", "/CN=Mail server", "-out", str(request))
    extensions.write_text(f"subjectAltName={hosts}\nbasicConstraints=CA:FALSE\n")
    options = ["-days", str(days), "-extfile", str(extensions), "-set_serial", str(abs(hash(path.name)) + 1)]
    _openssl("x509", "-req", "-in", str(request), *signer, *options, "-out", str(certificate))
    return Certificate(certificate=certificate, key=key)


def _make_key(path: Path) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path))


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30).stdout
