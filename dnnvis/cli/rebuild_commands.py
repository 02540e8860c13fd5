"""The commands that fill a library and make its pages, as one would type them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.records import Scan

UNSAID = {"device": "cpu", "k": 9, "by": "max", "backs": True}
_EVERY = re.compile(r"(?P<path>.*) \(every (?P<every>\d+)\)", re.DOTALL)


def flags(settings: dict[str, Any]) -> list[str]:
    """``--name value`` of each setting that is not what it is unsaid; True is ``--name``, a
    switch that is off where it would be on ``--no-name``."""
    words = []
    for name, value in settings.items():
        flag = f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"
        if value is None or value == UNSAID.get(name, False):
            continue
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{name}")
        else:
            words += [flag, str(value)]
    return words


def commands(
    library: "Library",
    net: str | None,
    opening: dict[str, Any],
    file: Path | None,
    layers: Sequence[str],
) -> list[str]:
    """``dnnvis scan`` and ``dnnvis render`` that give what the library holds of ``layers``;
    ``opening`` how the network was opened."""
    where = [] if file is None else ["--library", str(file)]
    opened = [net or library.network or "NET", *flags(opening)]
    found = [
        ["dnnvis", "scan", *opened, *_data(scan), *flags({"k": scan.k}), *where]
        for scan in library.scans()
        if set(scan.layers) & set(layers)
    ]
    rows = library.rows(
        "SELECT layer, preset FROM pictures WHERE channel >= 0 AND preset != '' "
        "GROUP BY layer, preset ORDER BY layer, preset"
    )
    found += [
        ["dnnvis", "render", *opened, "--layer", layer, "--preset", preset, *where]
        for layer, preset in rows
        if layer in layers
    ]
    return [shlex.join(words) for words in found]


def _data(scan: "Scan") -> list[str]:
    every = _EVERY.fullmatch(scan.source) if scan.kind == "video" else None
    if every is not None:
        return ["--data", every["path"], "--every", every["every"]]
    return ["--data", scan.source]
