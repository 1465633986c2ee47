"""Listening sockets, and the check for loopback addresses."""

from __future__ import annotations

import ipaddress
import socket


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes a free port. Raises OSError that names the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        printed_host = f"[{host}]" if ":" in host else host
        raise OSError(f"cannot listen on {printed_host}:{port}: {error.strerror}") from error
    return listener


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
