"""``dnnvis library export``: pages of what a library knows, for a browser."""

import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.library import MB, File, opened
from dnnvis.cli.rebuild_commands import commands, flags
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.unit import Unit

if TYPE_CHECKING:
    from dnnvis.library.pages.export import Back, Showing
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.records import By
    from dnnvis.network.network import Network

PAGE = (".html", ".htm")


def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NET [UNIT or LAYER]...", help="All layers unless some are named."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", help="FILE.html for one page, or a folder.")
    ] = None,
    file: File = None,
    units: Annotated[bool, typer.Option("--units", help="Also a page for each unit.")] = False,
    backs: Annotated[
        bool, typer.Option(help="Deconvnet and guided pictures beside the examples.")
    ] = True,
    k: Annotated[int, typer.Option("-k", min=1, help="Examples of each unit.")] = 9,
    by: Annotated[str, typer.Option(help="Examples by max or by mean.")] = "max",
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Write self-contained HTML pages: a grid of all units of a LAYER, all about a UNIT.

    With --file and no NET the pages are made from the library alone, without receptive fields
    and deconvnet pictures.
    """
    with given.plainly(debug):
        if output is None:
            raise BadInput("Say where the pages go: -o FILE.html for one, -o FOLDER for several.")
        if by not in ("max", "mean"):
            raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
        net, wanted = _split(names or [], file)
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        with opened(net, file, wishes, threads) as (library, network):
            targets = _targets(library, network, wanted, units)
            one = output.suffix.lower() in PAGE
            if one and len(targets) != 1:
                raise BadInput(
                    f"A file holds one page: name one unit or layer, or give a folder with -o "
                    f"instead of {output}."
                )
            words = ["dnnvis", "library", "export", *([net] if net else []), *wanted]
            words += flags(
                wishes | {"file": file, "units": units, "backs": backs, "k": k, "by": by}
            )
            layers = {_layer_in(target) for target in targets}
            again = commands(library, net, wishes, file, sorted(layers))
            again.append(shlex.join([*words, "-o", str(output)]))
            showing = _showing(library, network, again, k, by, backs)
            for target, path, text in _pages(showing, targets, output, one):
                _write(target, path, text, json_)


def _split(names: Sequence[str], file: Path | None) -> tuple[str | None, list[str]]:
    """NET and what to show of it. With a ``file`` NET may be left out: then the first name is
    a unit or a layer that the file knows."""
    if not names:
        return None, []
    if file is not None:
        from dnnvis.library.store.database import LibraryFile
        from dnnvis.library.store.summary import layers_known

        with LibraryFile(file, create=False) as library:
            if _layer_in(names[0]) in layers_known(library):
                return None, list(names)
    return names[0], list(names[1:])


def _layer_in(target: str) -> str:
    try:
        return Unit.parse(target).layer
    except DnnvisError:
        return target


def _targets(
    library: "Library", network: "Network | None", wanted: Sequence[str], units: bool
) -> list[str]:
    """Units and layers to make a page of, each once. Raises UnknownUnit, or BadInput where the
    library is empty."""
    from dnnvis.library.pages.layer import known_unit, units_of
    from dnnvis.library.store.summary import layers_known

    names = list(wanted) or list(layers_known(library))
    if not names:
        raise BadInput(
            f"The library {library.path} holds no pictures and no examples yet; "
            "`dnnvis render` and `dnnvis scan` make them."
        )
    found: list[str] = []
    for name in names:
        if "[" in name:
            found.append(str(known_unit(library, network, Unit.parse(name))))
            continue
        found.append(name)
        many = units_of(library, network, name)
        found += [f"{name}[{channel}]" for channel in range(many)] if units else []
    return list(dict.fromkeys(found))


def _showing(
    library: "Library",
    network: "Network | None",
    again: list[str],
    k: int,
    by: "By | str",
    backs: bool,
) -> "Showing":
    from dnnvis.library.pages.export import Showing

    return Showing(
        library, network, _back(network) if backs and network is not None else None,
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), again, k,
        "mean" if by == "mean" else "max",
    )  # fmt: skip


def _back(network: "Network") -> "Back":
    """Draws a backward picture's crop."""
    from dnnvis.core.receptive_field import Box, cropped
    from dnnvis.imaging.colorize import crop_rgb  # Qt-free
    from dnnvis.lenses.examples import back_of

    def back(unit: Unit, whole: Any, place: tuple[int, int], box: Box, lens: str) -> Any:
        return crop_rgb(cropped(back_of(network, unit, whole, place, lens), box, 0))

    return back


def _pages(
    showing: "Showing", targets: list[str], output: Path, one: bool
) -> Iterator[tuple[str, Path, str]]:
    """Name, place and text of each page, as they are made."""
    from dataclasses import replace

    from dnnvis.library.pages.export import INDEX, file_names
    from dnnvis.library.pages.layer import index_page, layer_page
    from dnnvis.library.pages.unit import unit_page

    places = {targets[0]: output.name} if one else file_names(targets)
    folder = output.parent if one else output
    showing = replace(showing, links=places if one else {"": INDEX, **places})
    for target in targets:
        if "[" in target:
            text = unit_page(showing, Unit.parse(target))
        else:
            text = layer_page(showing, target)
        yield target, folder / places[target], text
    if not one:
        layers = [target for target in targets if "[" not in target]
        alone = [t for t in targets if "[" in t and Unit.parse(t).layer not in layers]
        yield "", folder / INDEX, index_page(showing, layers, alone)


def _write(target: str, path: Path, text: str, as_json: bool) -> None:
    from dnnvis.library.pages.export import write_page

    write_page(path, text)
    size = len(text.encode())
    if as_json:
        print(json.dumps({"page": str(path), "shows": target, "bytes": size}), flush=True)
    else:
        print(f"{path}: {target or 'all pages'}, {size / MB:.2f} MB", flush=True)
