"""Addresses that an application is bound to: where it calls from, and where browsers are sent after a sign-in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..configuration import ours
from .models import Type

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
REDIRECTS_MAX = 10
_REDIRECT_LENGTH_MAX = 500
_URI = re.compile(r"[A-Za-z0-9._~:/?@!$&'()+,;=%\[\]#*-]+\Z")
"""The characters of RFC 3986."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_NUMBERED = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[1-9][0-9]{0,4})?((?:[/?][!-~]*)?)\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_addresses(texts: Iterable[str], type: str) -> list[str]:
    """Addresses and networks as they are kept, each once. Raises `SettingsError` that names every wrong one."""
    found = _read_all(texts, _read_network)
    limit = ours().room.addresses_max
    if len(found) > limit:
        raise SettingsError(_("At most %(limit)s addresses or networks are kept: join neighbors into a network (CIDR).")
                            % {"limit": limit})
    if found and type != Type.SERVER:
        raise SettingsError(_("A standalone application may be used from anywhere: leave its addresses out."))
    return found


def check_redirects(texts: Iterable[str]) -> list[str]:
    """Where browsers may be sent, each once. Raises `SettingsError` that names every wrong one."""
    found = _read_all(texts, _read_redirect)
    if len(found) > REDIRECTS_MAX:
        raise SettingsError(_("At most %(limit)s redirect addresses are kept.") % {"limit": REDIRECTS_MAX})
    return found


def is_registered(redirects: Iterable[str], wanted: str) -> bool:
    """Whether browsers may be sent to an address: character for character one that was registered (RFC 9700, section 4.1.3),
    but for the port of an address of the very machine, which its system chooses (RFC 8252, section 7.3)."""
    known = set(redirects)
    return wanted in known or (_without_port(wanted) or "?") in {_without_port(each) for each in known}


def _without_port(address: str) -> str | None:
    """An address of this machine, by number, without its port; None for any other."""
    found = _NUMBERED.match(address)
    return f"{found[1]}{found[2]}" if found is not None else None


def _read_all(texts: Iterable[str], read: Callable[[str], str]) -> list[str]:
    found: dict[str, None] = {}
    faults: list[str] = []
    for text in filter(None, (text.strip() for text in texts)):
        try:
            found[read(text)] = None
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n".join(faults[:20]))
    return list(found)


def _read_network(text: str) -> str:
    try:
        network = _plain(ipaddress.ip_network(text, strict=True))
    except ValueError:
        raise SettingsError(_("“%(text)s” is no address or network: %(remedy)s.")
                            % {"text": text[:60], "remedy": _remedy(text)}) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _plain(network: _Network) -> _Network:
    """IPv4 that is mapped into IPv6 as IPv4, which is how clients from there are known."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return network if mapped is None or network.prefixlen < 96 else ipaddress.IPv4Network((mapped, network.prefixlen - 96))


def _remedy(text: str) -> str:
    """What would be right: the network that was meant, where one can be seen."""
    try:
        return _("write %(network)s") % {"network": ipaddress.ip_network(text, strict=False)}
    except ValueError:
        return _("write 192.0.2.7 or 192.0.2.0/24")


def _read_redirect(text: str) -> str:
    """An exact address (RFC 9700, section 2.1): https, or http on this very machine (RFC 8252, section 7.3)."""
    reason = _fault_of(text)
    if reason:
        raise SettingsError(f"“{text[:80]}”: {reason}")
    return text


def _fault_of(text: str) -> str:
    """Why an address cannot be a redirect address; empty where it can."""
    if len(text) > _REDIRECT_LENGTH_MAX or not _URI.match(text):
        return _("this is no address: write all of it, in ASCII, such as https://example.org/signed-in.")
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return _("this is no address: write all of it, such as https://example.org/signed-in.")
    if port == 0 or not _is_host(url):
        return _("the host is missing or malformed: write https://example.org/signed-in.")
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        return _("use https; http is allowed on 127.0.0.1, [::1] and localhost alone.")
    if "#" in text or "@" in url.netloc or "*" in text:
        return _("an exact address has no *, no # and no user name: leave them out.")
    return ""


def _is_host(url: SplitResult) -> bool:
    host = url.hostname or ""
    if "*" in host:                         # told as what it is
        return True
    if url.netloc.startswith("[") or "@[" in url.netloc:
        return _is_ipv6(host)
    return _HOST.match(host) is not None and len(host) < 254


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host
