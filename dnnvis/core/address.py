"""Know network addresses, and name them without the passwords in them."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"(rtsps?|https?|rtmps?|rtp|udp)://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Return whether ``text`` is the address of something that may send pictures."""
    return _SCHEME.match(text) is not None


def mask_address(address: str) -> str:
    """Return the address without user, password and query: ``http://10.0.0.7:8080/video``."""
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    path = re.split(r"[?#]", path)[0]
    return f"{scheme}{separator}{re.split(r'[?#]', host.rpartition('@')[2])[0]}{slash}{path}"


def address_suffix(address: str) -> str:
    """Return the suffix of the path in an address, in small letters: ``.jpg``."""
    try:
        name = urlsplit(address).path.rpartition("/")[2]
    except ValueError:  # an address that is none
        return ""
    return f".{name.rpartition('.')[2].lower()}" if "." in name else ""
