"""Who calls: address, scheme and host of a request, and which of them the service answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine, which it always answers to."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One request from outside.

    ``client``: address that it came from, behind a trusted proxy the one that the proxy names; ``host``: name it
    asked for, without a port; ``authority``: with the port; ``is_local``: it came from this machine, to a name of
    this machine, and through no proxy.
    """

    client: str
    scheme: str
    host: str
    authority: str
    is_local: bool
    headers: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Origin of the service as this request sees it."""
        return f"{self.scheme}://{self.authority}"

    @property
    def is_cross_site(self) -> bool:
        """Whether the browser says that another site asks, other than by a link that is followed."""
        site, mode = self.headers.get("sec-fetch-site", ""), self.headers.get("sec-fetch-mode", "")
        return site in ("cross-site", "same-site") and mode != "navigate"


def caller_of(scope: Mapping[str, Any], trusted_proxies: Sequence[str]) -> Caller:
    """Read who calls from an ASGI scope; forwarded headers count from a trusted proxy only."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    peer = (scope.get("client") or ("", 0))[0]
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    client, is_forwarded = peer, any(name in headers for name in ("x-forwarded-for", "forwarded"))
    if is_within(peer, trusted_proxies):
        client = _forwarded_client(headers.get("x-forwarded-for", ""), peer, trusted_proxies)
        scheme = "https" if headers.get("x-forwarded-proto", scheme) == "https" else "http"
    authority = headers.get("host", "")
    host = _name_in(authority)
    here = (scope.get("server") or ("", 0))[0]
    is_local = not is_forwarded and is_loopback(peer) and is_loopback(here) and host in LOOPBACK_HOSTS
    return Caller(client, scheme, host, authority.lower(), is_local, headers)


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine."""
    return is_within(address, ("127.0.0.0/8", "::1", "::ffff:127.0.0.0/104"))


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Whether an address lies in one of several networks; a text that is no address lies in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network, strict=False) for network in networks)


def allowed_hosts(public_url: str, hosts: Sequence[str]) -> frozenset[str]:
    """Names that the service answers to."""
    own = {urlsplit(public_url).hostname or ""} if public_url else set()
    return LOOPBACK_HOSTS | own | {name.lower().rstrip(".") for name in hosts}


def _forwarded_client(forwarded: str, peer: str, trusted_proxies: Sequence[str]) -> str:
    """Nearest address of the chain that no trusted proxy has; what stands before it anybody could have written."""
    for address in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not is_within(address, trusted_proxies):
            return address
    return peer


def _name_in(authority: str) -> str:
    """Name in a Host header, empty for one that is malformed."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return ""
    is_plain = not (parts.username or parts.password or parts.path or parts.query or parts.fragment)
    return (parts.hostname or "").rstrip(".") if is_plain else ""
