"""Write the commands that fill a library and make its pages, as one would type them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.records import Scan

OPTION_DEFAULTS = {"device": "cpu", "k": 9, "by": "max", "backs": True}
OPTION_NAMES = {"edits": "edit"}  # where a setting is called otherwise
_EVERY_PATTERN = re.compile(r"(?P<path>.*) \(every (?P<every>\d+)\)", re.DOTALL)


def format_options(settings: dict[str, Any]) -> list[str]:
    """Write ``--name value`` of each setting that is not what it is unsaid.

    True is ``--name``, a switch that is off where it would be on ``--no-name``; a tuple is the
    option once for each of its values.
    """
    arguments = []
    for name, value in settings.items():
        name = OPTION_NAMES.get(name, name)
        option = f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"
        if value is None or value == OPTION_DEFAULTS.get(name, False):
            continue
        if isinstance(value, tuple) and name in OPTION_NAMES.values():
            arguments += [part for each in value for part in (option, str(each))]
        elif isinstance(value, bool):
            arguments.append(option if value else f"--no-{name}")
        else:
            arguments += [option, str(value)]
    return arguments


def rebuild_commands(
    library: "Library",
    net: str | None,
    open_options: dict[str, Any],
    file: Path | None,
    layers: Sequence[str],
) -> list[str]:
    """Write ``dnnvis scan`` and ``dnnvis render`` that give what the library holds of ``layers``.

    Args:
        library: The library.
        net: The network as it is named on the command line; None: as the library names it.
        open_options: How the network was opened.
        file: The library's file, None where it lies where such libraries lie.
        layers: The layers.

    Returns:
        Command lines, quoted for a shell.
    """
    library_options = [] if file is None else ["--library", str(file)]
    network_arguments = [net or library.network or "NET", *format_options(open_options)]
    argument_lists = [
        [
            "dnnvis",
            "scan",
            *network_arguments,
            *_data_options(scan),
            *format_options({"k": scan.k}),
            *library_options,
        ]
        for scan in library.scans()
        if set(scan.layers) & set(layers)
    ]
    layers_and_presets = library.rows(
        "SELECT layer, preset FROM pictures WHERE channel >= 0 AND preset != '' "
        "GROUP BY layer, preset ORDER BY layer, preset"
    )
    argument_lists += [
        [
            "dnnvis",
            "render",
            *network_arguments,
            "--layer",
            layer,
            "--preset",
            preset,
            *library_options,
        ]
        for layer, preset in layers_and_presets
        if layer in layers
    ]
    return [shlex.join(arguments) for arguments in argument_lists]


def _data_options(scan: "Scan") -> list[str]:
    match = _EVERY_PATTERN.fullmatch(scan.source) if scan.kind == "video" else None
    if match is not None:
        return ["--data", match["path"], "--every", match["every"]]
    return ["--data", scan.source]
