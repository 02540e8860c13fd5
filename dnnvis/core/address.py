"""Know network addresses, and name them without the passwords in them."""

import re
from urllib.parse import quote, urlsplit

_SCHEME = re.compile(r"(rtsps?|https?|rtmps?|rtp|udp)://", re.IGNORECASE)


_SECRET = re.compile(r"pass|pwd|^pw$|token|secret|key|auth|sig|credential", re.IGNORECASE)


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


def remove_password(address: str) -> str:
    """Return the address with its user but without password, and without secrets in its query.

    ``rtsp://me:secret@10.0.0.7/live?ch=1&token=x`` is ``rtsp://me@10.0.0.7/live?ch=1``: what may
    be written to a file. Any other text is returned as it is.
    """
    if not is_address(address):
        return address
    scheme, _, rest = address.partition("://")
    host, slash, path = _split_host(rest)
    login, at, machine = host.rpartition("@")
    path, question, query = path.partition("?")
    pairs = [pair for pair in query.split("&") if not _SECRET.search(pair.partition("=")[0])]
    query = "&".join(pairs)
    return (
        f"{scheme}://{login.partition(':')[0]}{at}{machine}{slash}{path}"
        f"{question if query else ''}{query}"
    )


def lacks_password(address: str) -> bool:
    """Return whether the address names a user without a password."""
    login, at, _ = _split_host(address.partition("://")[2])[0].rpartition("@")
    return is_address(address) and bool(at and login) and ":" not in login


def add_password(address: str, password: str) -> str:
    """Return an address that names a user with the password, escaped as addresses want it."""
    scheme, _, rest = address.partition("://")
    host, slash, path = _split_host(rest)
    login, at, machine = host.rpartition("@")
    return f"{scheme}://{login}:{quote(password, safe='')}{at}{machine}{slash}{path}"


def _split_host(rest: str) -> tuple[str, str, str]:
    """Split what follows ``://`` into user and host, the letter after them, and all else."""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return host, rest[len(host) : len(host) + 1], rest[len(host) + 1 :]
