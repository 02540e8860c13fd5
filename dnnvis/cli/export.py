"""Run ``dnnvis library export``: pages of what a library knows, for a browser."""

import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.library import BYTES_PER_MB, File, open_library_and_network
from dnnvis.cli.rebuild_commands import format_options, rebuild_commands
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.unit import Unit

if TYPE_CHECKING:
    from dnnvis.library.pages.export import DrawBackward, PageContext
    from dnnvis.library.store.library import Library
    from dnnvis.library.store.records import By
    from dnnvis.network.network import Network

PAGE_SUFFIXES = (".html", ".htm")


@options.network_options
def export(
    net_options: options.NetworkOptions,
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
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write self-contained HTML pages: a grid of all units of a LAYER, all about a UNIT.

    With --file and no NET the pages are made from the library alone, without receptive fields
    and deconvnet pictures.
    """
    with options.report_errors(debug):
        if output is None:
            raise BadInput("Say where the pages go: -o FILE.html for one, -o FOLDER for several.")
        if by not in ("max", "mean"):
            raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
        net, requested = _split_names(names or [], file)
        open_options = net_options.open_arguments()
        with open_library_and_network(net, file, net_options) as (library, network):
            targets = _resolve_targets(library, network, requested, units)
            is_single_page = output.suffix.lower() in PAGE_SUFFIXES
            if is_single_page and len(targets) != 1:
                raise BadInput(
                    f"A file holds one page: name one unit or layer, or give a folder with -o "
                    f"instead of {output}."
                )
            arguments = ["dnnvis", "library", "export", *([net] if net else []), *requested]
            arguments += format_options(
                open_options | {"file": file, "units": units, "backs": backs, "k": k, "by": by}
            )
            known = _list_layers(library, network)
            layers = {_layer_name(target, known) for target in targets}
            command_lines = rebuild_commands(library, net, open_options, file, sorted(layers))
            command_lines.append(shlex.join([*arguments, "-o", str(output)]))
            page_context = _build_page_context(library, network, command_lines, k, by, backs)
            for target, path, text in _render_pages(page_context, targets, output, is_single_page):
                _save_page(target, path, text, json_)


def _split_names(names: Sequence[str], file: Path | None) -> tuple[str | None, list[str]]:
    """Split the names into NET and what to show of it.

    With a ``file`` NET may be left out: then the first name is a unit or a layer that the file
    knows.
    """
    if not names:
        return None, []
    if file is not None:
        from dnnvis.library.store.database import LibraryFile
        from dnnvis.library.store.summary import list_known_layers

        with LibraryFile(file, create=False) as library:
            known = list_known_layers(library)
            if _layer_name(names[0], known) in known:
                return None, list(names)
    return names[0], list(names[1:])


def _layer_name(target: str, layers: Collection[str]) -> str:
    if target in layers:
        return target
    try:
        return Unit.parse(target, layers).layer
    except DnnvisError:
        return target


def _find_unit(target: str, layers: Collection[str]) -> Unit | None:
    """Return the unit that a target is; None where it is a layer."""
    return Unit.parse(target, layers) if "[" in target and target not in layers else None


def _resolve_targets(
    library: "Library", network: "Network | None", requested: Sequence[str], units: bool
) -> list[str]:
    """List units and layers to make a page of, each once.

    Raises UnknownUnit, or BadInput where the library is empty.
    """
    from dnnvis.library.pages.layer import count_units, require_known_unit
    from dnnvis.library.store.summary import list_known_layers

    names = list(requested) or list(list_known_layers(library))
    if not names:
        raise BadInput(
            f"The library {library.path} holds no pictures and no examples yet; "
            "`dnnvis render` and `dnnvis scan` make them."
        )
    targets: list[str] = []
    layers = _list_layers(library, network)
    for name in names:
        unit = _find_unit(name, layers)
        if unit is not None:
            targets.append(str(require_known_unit(library, network, unit)))
            continue
        name = layers.get(name, name)
        targets.append(name)
        unit_count = count_units(library, network, name)
        targets += [str(Unit(name, channel)) for channel in range(unit_count)] if units else []
    return list(dict.fromkeys(targets))


def _list_layers(library: "Library", network: "Network | None") -> dict[str, str]:
    """Return names and titles of all layers that the library or the network has, with names."""
    from dnnvis.library.store.summary import list_known_layers

    rows = {} if network is None else network.table.names
    return rows | {name: name for name in list_known_layers(library)}


def _build_page_context(
    library: "Library",
    network: "Network | None",
    command_lines: list[str],
    k: int,
    by: "By | str",
    backs: bool,
) -> "PageContext":
    from dnnvis.library.pages.export import PageContext

    return PageContext(
        library,
        network,
        _build_crop_renderer(network) if backs and network is not None else None,
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command_lines,
        k,
        "mean" if by == "mean" else "max",
    )


def _build_crop_renderer(network: "Network") -> "DrawBackward":
    """Build a function that draws a backward picture's crop."""
    from dnnvis.core.receptive_field import Box, crop_box
    from dnnvis.imaging.colorize import crop_to_rgb
    from dnnvis.lenses.examples import backward_picture

    def render_crop(unit: Unit, image: Any, position: tuple[int, int], box: Box, lens: str) -> Any:
        return crop_to_rgb(crop_box(backward_picture(network, unit, image, position, lens), box, 0))

    return render_crop


def _render_pages(
    page_context: "PageContext", targets: list[str], output: Path, is_single_page: bool
) -> Iterator[tuple[str, Path, str]]:
    """Yield name, place and text of each page, as they are made."""
    from dataclasses import replace

    from dnnvis.library.pages.export import INDEX, assign_file_names
    from dnnvis.library.pages.layer import render_index_page, render_layer_page
    from dnnvis.library.pages.unit import render_unit_page

    page_names = {targets[0]: output.name} if is_single_page else assign_file_names(targets)
    folder = output.parent if is_single_page else output
    page_context = replace(
        page_context, links=page_names if is_single_page else {"": INDEX, **page_names}
    )
    known_layers = _list_layers(page_context.library, page_context.network)
    for target in targets:
        unit = _find_unit(target, known_layers)
        if unit is not None:
            text = render_unit_page(page_context, unit)
        else:
            text = render_layer_page(page_context, target)
        yield target, folder / page_names[target], text
    if not is_single_page:
        units = {target: _find_unit(target, known_layers) for target in targets}
        layers = [target for target, unit in units.items() if unit is None]
        separate_units = [t for t, unit in units.items() if unit and unit.layer not in layers]
        yield "", folder / INDEX, render_index_page(page_context, layers, separate_units)


def _save_page(target: str, path: Path, text: str, as_json: bool) -> None:
    from dnnvis.library.pages.export import write_page

    write_page(path, text)
    size = len(text.encode())
    if as_json:
        print(json.dumps({"page": str(path), "shows": target, "bytes": size}), flush=True)
    else:
        print(f"{path}: {target or 'all pages'}, {size / BYTES_PER_MB:.2f} MB", flush=True)
