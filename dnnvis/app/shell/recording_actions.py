"""What the keys and entries do with the last seconds and with recordings."""

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu

from dnnvis.app.shell import panel_export
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

RING_MB = (0, 64, 256, 1000)
RECORDING_MB = (100, 1000, 10_000)


def toggle_recording(context: ActionContext) -> None:
    """Record frames on disk, or stop."""
    context.view.recording.toggle_recording()


def toggle_loop(context: ActionContext) -> None:
    """Show the last seconds over and over, or stop."""
    context.view.recording.player.toggle_loop()


def save_last_seconds(context: ActionContext) -> None:
    """Save the last seconds as a film, arrays, or a recording."""
    context.view.recording.save_last_seconds()


def film_panel(context: ActionContext) -> None:
    """Film what is under the mouse, else what has the focus, or end the film that runs."""
    panel = panel_export.choose_panel(context.view)
    if panel is not None:
        context.view.recording.toggle_film(panel, panel_export.name_file(panel))


def film_window(context: ActionContext) -> None:
    """Film the whole window, or end the film that runs."""
    context.view.recording.toggle_film(context.view.dialog_parent(), "dnnvis")


def step_past(context: ActionContext, step: int) -> bool:
    """Step in the last seconds, where the source cannot step itself; return whether it was done."""
    player = context.view.recording.player
    if player.frame is None and (step > 0 or context.backend.feeder.position is not None):
        return False
    if player.step(step):
        return True
    player.leave()
    return False


#: What is run, by the function that a key binding names.
RUNS: dict[str, Callable[[ActionContext], None]] = {
    "record": toggle_recording,
    "loop_past": toggle_loop,
    "save_past": save_last_seconds,
    "film_panel": film_panel,
}


def fill_recording_menu(context: ActionContext, menu: QMenu) -> None:
    """Add how much is kept of the last seconds, and how much a recording may take."""
    film = require(menu.addAction(tr("Film of the window …")))
    film.triggered.connect(lambda checked=False: film_window(context))
    ring = require(menu.addMenu(tr("Last seconds in memory")))
    _add_budgets(context, ring, "ring_mb", RING_MB)
    disk = require(menu.addMenu(tr("Budget of a recording")))
    _add_budgets(context, disk, "max_mb", RECORDING_MB)


def _add_budgets(context: ActionContext, menu: QMenu, field: str, budgets: tuple[int, ...]) -> None:
    group = QActionGroup(menu)
    for budget in budgets:
        title = tr("{size:,} MB", size=budget) if budget else tr("none")
        entry = require(menu.addAction(title))
        entry.setCheckable(True)
        entry.setData(budget)
        group.addAction(entry)
        entry.triggered.connect(lambda on, value=budget: _set_budget(context, field, value))

    def mark() -> None:
        for entry in group.actions():
            entry.setChecked(entry.data() == getattr(context.state.recording, field))

    menu.aboutToShow.connect(mark)
    mark()


def _set_budget(context: ActionContext, field: str, budget: int) -> None:
    choice = replace(context.state.recording, **{field: budget})
    context.session.update(recording=choice)
