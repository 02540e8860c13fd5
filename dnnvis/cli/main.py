"""The ``dnnvis`` program."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from dnnvis.cli import (
    bench,
    export,
    fit_map,
    invert,
    library,
    look,
    map,
    networks,
    options,
    render,
    reproduce,
    scan,
    train,
)
from dnnvis.cli.analysis import (
    atlas,
    blocks,
    compare,
    concepts,
    dissect,
    replay,
    sweep,
    tune,
    weights,
)
from dnnvis.cli.analysis import atlas_bench as atlas_bench  # registers its commands
from dnnvis.cli.analysis import edit_benches as edit_benches  # registers its commands
from dnnvis.cli.usage_errors import CommandGroup
from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_lessons import find_plane_lesson

app = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False, add_completion=False)
app.add_typer(train.app, name="train")
app.add_typer(bench.app, name="bench")
app.add_typer(reproduce.app, name="reproduce")
library.app.command()(export.export)
app.add_typer(library.app, name="library")
app.command()(networks.models)
app.command()(networks.layers)
app.command()(look.look)
app.command()(invert.invert)
app.command()(render.render)
app.command()(scan.scan)
app.command()(sweep.sweep)
app.command()(dissect.dissect)
app.command()(fit_map.fit_map)
app.command()(atlas.atlas)
app.command("map")(map.place_on_map)
app.command()(tune.tune)
app.command()(blocks.blocks)
app.command()(concepts.concepts)
app.command()(weights.weights)
app.command()(replay.replay)
app.command()(replay.recording)
app.command()(compare.compare)


@app.callback(invoke_without_command=True)
@options.network_options
def window(
    net_options: options.NetworkOptions,
    context: typer.Context,
    net: Annotated[str | None, typer.Option(help="The network to run.")] = None,
    source: Annotated[
        str | None, typer.Option(help="webcam:0, picture, film, board, folder, demo, life:60x80.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File of a state (File > Save state as) to begin with.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Begin with lesson=redundant, failed or spiral."),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """See what a neural network sees, means and imagines while it runs.

    Without a command the window opens.
    """
    if context.invoked_subcommand is not None:
        return
    with options.report_errors(debug):
        _check_screen()
        try:
            main = import_window()
        except ModuleNotFoundError as error:
            raise BadInput(f"The window needs {error.name}; install it.") from error
        except ImportError as error:  # a system library of Qt's
            raise BadInput(
                f"The window cannot start ({error}); see the README's Install."
            ) from error
        open_options = net_options.open_arguments()
        edits = open_options.pop("edits", ())  # switches in the window, not another network
        choice = options.build_network_choice(net, open_options)
        lesson = read_lesson_name(set_ or ())
        launch_options = main.LaunchOptions(
            choice, source, net_options.threads, state, edits, lesson
        )
        raise typer.Exit(main.run(launch_options))


def read_lesson_name(settings: Sequence[str]) -> str:
    """Return the lesson that ``lesson=NAME`` names, "" for none; raise BadInput for other texts."""
    name = ""
    for setting in settings:
        key, mark, name = (part.strip() for part in setting.partition("="))
        if key != "lesson" or not mark:
            raise BadInput(f"'{setting}' sets nothing of the window; write lesson=spiral.")
        find_plane_lesson(name)
    return name


def import_window() -> ModuleType:
    """Import the window's program, ``dnnvis.app.main``, and with it torch.

    Modules are no garbage. Collections that look for some among their half a million objects,
    again and again while they are imported, take a tenth of the time until the window is there.
    """
    gc.disable()
    try:
        from dnnvis.app import main

        gc.freeze()
    finally:
        gc.enable()
    return main


def _check_screen() -> None:
    """Raise BadInput where Qt would abort the process for want of a screen."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        raise BadInput(
            "There is no screen here (DISPLAY and WAYLAND_DISPLAY are unset); "
            "`dnnvis look` and `dnnvis layers` need none."
        )
