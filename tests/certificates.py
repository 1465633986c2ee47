"""Certificates for tests: an authority, and what it signs, in files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme


class Files(NamedTuple):
    """A certificate, its key and the authority that signed it, in PEM."""

    certificate: Path
    key: Path
    authority: Path

    @property
    def server_options(self) -> tuple[str, ...]:
        """Return the options of a server that shows this certificate."""
        return ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))


class Authority:
    """An authority whose certificates are written below a folder."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        self.path = folder / "ca.pem"
        folder.mkdir(exist_ok=True)
        self._authority.cert_pem.write_to_path(str(self.path))

    def issue(self, name: str, *identities: str) -> Files:
        """Write a certificate for the identities, in place of an earlier one of the name."""
        issued = self._authority.issue_cert(*identities)
        files = Files(self._folder / f"{name}.pem", self._folder / f"{name}.key", self.path)
        files.key.write_bytes(issued.private_key_pem.bytes())
        files.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        return files
