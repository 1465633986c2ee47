"""TLS of the gRPC server: the certificate that each handshake shows, and who may call."""

from __future__ import annotations

import grpc

from summitry.certificates import Certificate, ServerCertificate


def server_credentials(certificate: ServerCertificate) -> grpc.ServerCredentials:
    """Return credentials that show the current certificate at each handshake.

    Connections that are open go on with the certificate that they began with, so a renewal ends no
    call. Callers must show a certificate where an authority for them is given. gRPC itself refuses
    versions of TLS before 1.2.
    """
    first = certificate.current()
    renewal = _Renewal(certificate, first)
    return grpc.dynamic_ssl_server_credentials(
        _configuration(first),
        renewal,  # type: ignore[arg-type]  # the stubs do not know that None is "as before"
        require_client_authentication=bool(first.client_authority),
    )


class _Renewal:
    """Gives gRPC a new configuration when the certificate changed, and None when it did not."""

    def __init__(self, certificate: ServerCertificate, latest: Certificate) -> None:
        self._certificate = certificate
        self._latest = latest

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        current = self._certificate.current()
        if current is self._latest:
            return None
        self._latest = current
        return _configuration(current)


def _configuration(certificate: Certificate) -> grpc.ServerCertificateConfiguration:
    pair = (certificate.key, certificate.certificate)
    return grpc.ssl_server_certificate_configuration([pair], certificate.client_authority)
