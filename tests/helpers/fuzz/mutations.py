"""Change the bytes of a file by lot: flips, cuts, splices, lengths that lie, JSON of other types.

Every change is a function of the content and a random generator, and gives the same each time.
"""

import json
import re
import struct
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from helpers.fuzz.reader import Mutate

LENGTHS = (
    *(0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 10**6, 10**8),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1),
)
NUMBERS = (
    *(b"0", b"-1", b"1", b"65536", b"2147483647", b"2147483648", b"4294967295", b"1000000"),
    *(b"9223372036854775807", b"9223372036854775808", b"1e308", b"-0", b"nan", b"9" * 40),
    *(b"9" * 400, b"0.5", b"99999"),
)
DIGITS = re.compile(rb"\d+")
DEPTHS = (50, 500, 5_000, 100_000)
MAX_CHANGES = 3
MAX_PATH = 12


def mutate(data: bytes, others: Sequence[bytes], inner: Sequence[Mutate], random: Random) -> bytes:
    """Change a file once to thrice.

    Args:
        data: The content.
        others: Contents of other files, to splice with.
        inner: Changes of what is packed inside.
        random: The generator.

    Returns:
        Another content, or by a rare chance the same.
    """
    if inner and random.random() < 0.55:
        return random.choice(inner)(data, random)
    for _ in range(random.choice((1, 1, 1, 2, MAX_CHANGES))):
        if random.random() < 0.12:
            data = splice(data, random.choice(others), random)
        else:
            data = change_bytes(data, random)
    return data


def change_bytes(data: bytes, random: Random) -> bytes:
    """Change bytes in one of the ways that need no other file."""
    return random.choice(BYTE_CHANGES)(data, random)


def flip_bits(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64)) if data else 0):
        changed[_position(data, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwrite(data: bytes, random: Random) -> bytes:
    at, size = _position(data, random), random.choice((1, 2, 4, 16, 200))
    fill = random.choice((b"\0" * size, b"\xff" * size, random.randbytes(size)))
    return data[:at] + fill + data[at + size :]


def cut_end(data: bytes, random: Random) -> bytes:
    return data[
        : random.choice((_position(data, random), max(0, len(data) - random.randint(1, 9))))
    ]


def cut_out(data: bytes, random: Random) -> bytes:
    at = _position(data, random)
    return data[:at] + data[at + random.choice((1, 2, 4, 17, 300)) :]


def insert(data: bytes, random: Random) -> bytes:
    at, size = _position(data, random), random.choice((1, 2, 4, 17, 300))
    return data[:at] + random.choice((b"\0" * size, random.randbytes(size))) + data[at:]


def repeat(data: bytes, random: Random) -> bytes:
    """Put one of its parts in again, up to 50 times."""
    at, size = _position(data, random), random.choice((4, 16, 100, 1000))
    return data[:at] + data[at : at + size] * random.choice((2, 5, 50)) + data[at + size :]


def swap(data: bytes, random: Random) -> bytes:
    """Exchange two neighboring parts."""
    a, b, c = sorted(_position(data, random) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def lie_in_length(data: bytes, random: Random) -> bytes:
    """Write a telling number over a few bytes, as a length in one of the usual forms."""
    form = random.choice(("<H", ">H", "<I", ">I", "<Q", ">Q", "B"))
    width = struct.calcsize(form)
    value = random.choice((*LENGTHS, len(data), len(data) + 1, 10 * len(data)))
    at = _position(data, random)
    at -= random.choice((0, at % width))
    return data[:at] + struct.pack(form, value % (1 << (8 * width))) + data[at + width :]


def lie_in_digits(data: bytes, random: Random) -> bytes:
    """Replace a number that is written in digits."""
    found = list(DIGITS.finditer(data[:20_000]))
    if not found:
        return lie_in_length(data, random)
    match = random.choice(found)
    return data[: match.start()] + random.choice(NUMBERS) + data[match.end() :]


def splice(data: bytes, other: bytes, random: Random) -> bytes:
    """Join the beginning of a file and the end of another."""
    return data[: _position(data, random)] + other[_position(other, random) :]


BYTE_CHANGES: tuple[Mutate, ...] = (
    *(flip_bits, overwrite, cut_end, cut_out, insert, repeat, swap),
    *(lie_in_length, lie_in_length, lie_in_digits),
)


def _position(data: bytes, random: Random) -> int:
    """Draw a position; every other time near the beginning, where headers are."""
    if not data:
        return 0
    return random.randrange(min(len(data), random.choice((64, 400, len(data), len(data)))))


def change_json(data: bytes, random: Random) -> bytes:
    """Change values anywhere in a JSON text to those of any other type, or its names."""
    value = json.loads(data)
    for _ in range(random.randint(1, MAX_CHANGES)):
        value = change_value(value, random)
    text = json.dumps(value)
    if random.random() < 0.1:
        depth = random.choice(DEPTHS)
        nested = random.choice(("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
        text = text.replace(json.dumps(NESTED), nested) if NESTED in text else nested
    return text.encode("utf-8", "surrogatepass")


NESTED = "the place of something deep"


def change_value(value: Any, random: Random) -> Any:
    """Return a JSON value with one of its parts changed."""
    paths = list(_paths(value))
    path = random.choice(paths)
    if not path:
        return random.choice((lambda: odd_value(random), lambda: [value], lambda: {"a": value}))()
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    how = random.randrange(8)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[random.choice(("", "a" * 1000, "\ud800", f"{key} "))] = holder.pop(key)
    elif how == 2 and isinstance(holder, list):
        holder[:] = holder * random.choice((2, 20)) if len(holder) < 200 else holder[:1]
    elif how == 3:
        holder[key] = [holder[key]]
    elif how == 4:
        holder[key] = json.loads(json.dumps(_pick(value, random.choice(paths))))
    else:
        holder[key] = odd_value(random)
    return value


def odd_value(random: Random) -> Any:
    """Return a JSON value of any type, the troublesome ones among them."""
    return random.choice(
        (
            *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, 1e308, -0.0),
            *(float("nan"), float("inf"), "", "x", "\0", "\ud800", "a" * 5000, "../../x", NESTED),
            *([], {}, [[]], [None], {"": None}, [1, 2], [0.5] * 3, {"a": {"b": [1]}}, 10**400),
            *("marker.py:make", "helpers.fuzz.marker:make_marker", "__import__('os')"),
            *([2**31, 2**31], [-1, -1], ["a", 1, None, {}], "nan", "1e9", "<b>&amp;</b>"),
        )
    )


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if len(path) < MAX_PATH and isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in items:
            yield from _paths(part, (*path, key))


def _pick(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
