"""Run ``dnnvis blocks``: the building blocks of a layer on one picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnnvis.core.concepts.blocks import BlockPictures, BlockVotes, BuildingBlocks
    from dnnvis.network.network import Network

TILE_PIXELS = 144
BORDER_PIXELS = 4
CELL_PIXELS = 48


@options.network_options
def blocks(
    net_options: options.NetworkOptions,
    net: options.Net,
    image: Annotated[Path, typer.Option(help="The picture.")],
    layer: Annotated[str, typer.Option(help="A layer with maps.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Number of groups, up to 16.")] = 6,
    target: Annotated[
        str | None, typer.Option(help="The unit that votes are for; else the strongest class.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Measure what changes without each group.")
    ] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Grow a picture of each group, for -o.")
    ] = False,
    positions: Annotated[
        bool, typer.Option("--positions", help="Draw what each position asks for, to -o.")
    ] = False,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each picture.")] = 40,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep the directions in the library.")
    ] = True,
    output: Annotated[Path | None, typer.Option("-o", help="OUT.png, or OUT.npz.")] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Factor the map of a layer of NET into groups that are active together on a picture.

    The groups are units from then on: `dnnvis look NET 'conv4~[2]' --lens ascent`, edits, scans.
    Votes are gradient x activation, with the true change of the class beside them.
    """
    with options.report_errors(debug):
        _check_output(output, pictures or positions)
        options.set_threads(net_options.threads)
        import dnnvis

        network = net_options.open(net)
        result = dnnvis.blocks(network, layer, image, k, keep=keep)
        unit = Unit(result.layer, 0)
        votes = dnnvis.look(
            network, "block_votes", unit, image=image, target=target or "", check=check
        )
        drawn_pictures = None
        if pictures or positions:
            of = "positions" if positions else "groups"
            drawn_pictures = dnnvis.look(
                network, "block_pictures", unit, image=image, of=of, steps=steps
            )
        if output is not None:
            _write(network, result, votes, drawn_pictures, image, output)
        if json_:
            options.print_json_line(_to_record(result, votes, output))
            return
        _print(result, votes)
        if output is not None:
            print(output)


def _check_output(output: Path | None, has_pictures: bool) -> None:
    if output is not None and output.suffix.lower() not in (".png", ".npz"):
        raise BadInput("Say where it goes: -o OUT.png (or OUT.npz for the numbers).")
    if has_pictures and output is None:
        raise BadInput("Pictures go into a file: add -o OUT.png.")


def _to_record(
    result: "BuildingBlocks", votes: "BlockVotes", output: Path | None
) -> dict[str, Any]:
    has_votes = not votes.message
    return {
        "layer": result.layer,
        "units": [str(unit) for unit in result.units],
        "shares": [round(float(share), 6) for share in result.shares],
        "explained": round(result.explained, 6),
        "negative": round(result.negative, 6),
        "caption": result.caption,
        "target": votes.target,
        "votes": [round(float(vote), 6) for vote in votes.groups] if has_votes else None,
        "true_drops": [_number(drop) for drop in votes.drops] if has_votes else None,
        "votes_total": _number(votes.total) if has_votes else None,
        "true_change": _number(votes.change) if has_votes else None,
        "message": votes.message,
        "output": None if output is None else str(output),
    }


def _number(value: float) -> float | None:
    number = round(float(value), 6)
    return number if number == number else None


def _print(result: "BuildingBlocks", votes: "BlockVotes") -> None:
    rows = []
    for number, unit in enumerate(result.units):
        vote = f"{votes.groups[number]:+.3g}" if number < len(votes.groups) else ""
        drop = votes.drops[number] if number < len(votes.drops) else float("nan")
        rows.append(
            (
                str(unit),
                f"{100 * result.shares[number]:.1f} %",
                vote,
                f"{drop:+.3g}" if drop == drop else "",
            )
        )
    heading = ("group", "energy", f"adds to {votes.target}", "true change")
    shown = heading if any(row[3] for row in rows) else heading[:3]
    show_table(shown, [row[: len(shown)] for row in rows])
    print(result.caption + ".")
    print((votes.message or votes.caption) + ("" if votes.message else "."))


def _write(
    network: "Network",
    result: "BuildingBlocks",
    votes: "BlockVotes",
    drawn_pictures: "BlockPictures | None",
    image: Path,
    output: Path,
) -> None:
    import numpy as np

    from dnnvis.core.stable_file import replace_file
    from dnnvis.lenses.recipe_files import save_png

    if output.suffix.lower() == ".npz":
        arrays: dict[str, Any] = {
            "groups": result.groups,
            "directions": result.directions,
            "shares": result.shares,
        }
        if not votes.message:
            arrays |= {"votes": votes.groups, "position_votes": votes.positions}
        if drawn_pictures is not None:
            arrays["pictures"] = drawn_pictures.pictures
        with replace_file(output, create_folder=False) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)
        return
    pixels = network.show(network.encode(image))
    if drawn_pictures is not None and drawn_pictures.message:
        raise BadInput(drawn_pictures.message)
    if drawn_pictures is not None and len(drawn_pictures.norms):
        from dnnvis.imaging.groups import draw_positions

        save_png(
            output,
            draw_positions(drawn_pictures.pictures, drawn_pictures.norms, CELL_PIXELS),
            drawn_pictures.recipe,
        )
        return
    save_png(output, draw_sheet(result, votes, drawn_pictures, pixels), result.recipe)


def draw_sheet(
    result: "BuildingBlocks",
    votes: "BlockVotes",
    drawn_pictures: "BlockPictures | None",
    pixels: "NDArray[np.uint8]",
) -> "NDArray[np.uint8]":
    """Return a sheet: the picture under all groups, then each group and what it wants to see.

    Below stands which class the groups' votes are for, and how far off the approximation is.
    """
    import numpy as np

    from dnnvis.imaging.colorize import to_three_channels
    from dnnvis.imaging.contact_sheet import arrange_tiles
    from dnnvis.imaging.groups import draw_swatch, group_colors, overlay_groups
    from dnnvis.imaging.sheet_labels import caption_sheet, label_tile
    from dnnvis.imaging.shrink_pixels import resize_pixels

    side = max(TILE_PIXELS, *pixels.shape[:2])

    def fit(image: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
        return resize_pixels(to_three_channels(image), side, side)

    large = fit(pixels)
    tiles = [
        label_tile(large, "the picture"),
        label_tile(
            overlay_groups(large, result.groups), f"{100 * result.explained:.0f} % of the energy"
        ),
    ]
    for number, color in enumerate(group_colors(result.count)):
        vote = f", adds {votes.groups[number]:+.3g}" if number < len(votes.groups) else ""
        label = f"{result.units[number]}\n{100 * result.shares[number]:.0f} %{vote}"
        shown = overlay_groups(large, result.groups, number)
        tiles.append(label_tile(draw_swatch(shown, color, BORDER_PIXELS), label))
        if drawn_pictures is not None:
            picture = (np.clip(drawn_pictures.pictures[number], 0, 1) * 255 + 0.5).astype(np.uint8)
            tiles.append(
                label_tile(draw_swatch(fit(picture), color, BORDER_PIXELS), "wants to see")
            )
    height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    padded = []
    for tile in tiles:
        page = np.full((height, width, 3), 255, np.uint8)
        page[: tile.shape[0], : tile.shape[1]] = tile
        padded.append(page)
    return caption_sheet(arrange_tiles(padded, 4), votes.message or f"{votes.caption}.")
