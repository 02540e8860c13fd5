"""Make the pictures of the window that the README and the guide show.

    xvfb-run -a -s "-screen 0 1700x1100x24" python assets/make_pictures.py [NAME ...]

Each is made by the real window, started anew with an empty data folder, on the built-in demo, or,
of an automaton, on a canvas.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NETWORK = "squeezenet-imagenet"
LAYER = "features.12.expand3x3_activation"
EYE = 170  # a unit of it that the demo's cat excites
EGYPTIAN_CAT = 285
FOLDER = Path(__file__).parent
MAX_SECONDS = 1200.0  # for one picture, on a slow machine
POLL_MILLISECONDS = 50

Step = float | Callable[[], Any]  # seconds to wait, or what is to become true
Story = Iterator[Step]


def _shows(window: Any, label: str) -> Callable[[], bool]:
    def is_shown() -> bool:
        live = window.backend.live
        return live is not None and live.frame.label == label

    return is_shown


def _lenses_follow(window: Any) -> Callable[[], bool]:
    """Return whether every lens shows the frame on show."""

    def do_follow() -> bool:
        live = window.backend.live
        received = [panel.received for panel in window.lenses.values()]
        return all(getattr(each, "frame", None) == live.frame.number for each in received)

    return do_follow


def _hold(window: Any, label: str) -> Story:
    yield _shows(window, label)
    window.session.update(frozen=True)
    yield 1.0


def tell_window(window: Any) -> Story:
    """The window at its first start."""
    yield lambda: window.session.state.unit is not None
    yield lambda: _is_whole(window.synthesis.result)
    yield _shows(window, "espresso")
    yield 2.0
    yield _lenses_follow(window)


def tell_intervene(window: Any) -> Story:
    """Two edits, the answers before and after, and the difference in the layer on show."""
    from dnnvis.core.unit import Unit

    window.session.select(Unit(LAYER, EYE))
    yield from _hold(window, "cat")
    window.session.update(layer=LAYER, edits=("features.11 *= 1.5", f"{LAYER}[{EYE}] = 0"))
    yield 3.0
    window.session.update(grid="difference")
    window.session.select(Unit(LAYER, 8))
    yield 45.0
    yield _lenses_follow(window)


def tell_recording(window: Any) -> Story:
    """A moment of the last seconds, with a recording of them on its way."""
    from dnnvis.core.unit import Unit

    window.session.select(Unit(LAYER, EYE))
    yield _shows(window, "cat")
    window.run_action("record")
    yield _shows(window, "espresso")
    yield 2.0
    window.session.update(frozen=True)
    yield 1.0
    ring = window.backend.recorder.ring
    past = [frame.frame for frame in ring.entries()]
    number = max(k for k, frame in enumerate(past) if frame.label == "cat")
    window.recording.player.seek(number / (len(past) - 1))
    yield _shows(window, "cat")
    yield 1.0
    yield _lenses_follow(window)


def tell_attribution(window: Any) -> Story:
    """Three lenses for a class, the first of them enlarged and put to the test."""
    from dnnvis.core.unit import Unit

    yield from _hold(window, "cat")
    panels = window.session.state.panels
    lenses = dict(zip(panels, ("layercam", "occlusion", "integrated"), strict=True))
    changed = {key: replace(panel, lens=lenses[key]) for key, panel in panels.items()}
    window.session.update(panels=changed)
    window.session.select(Unit("output", EGYPTIAN_CAT))
    yield 2.0
    window.enlarge_card("lens1")
    window.lenses["lens1"].audit.button.click()
    yield lambda: _is_whole(window.lenses["lens1"].audit.curves.audit)
    yield lambda: all(_is_whole(panel.received) for panel in window.lenses.values())
    yield 10.0


def _is_whole(result: Any) -> bool:
    return result is not None and getattr(result, "progress", 0.0) >= 1


def tell_tuning(window: Any) -> Story:
    """The tuning curve of a unit of the first layer."""
    from dnnvis.core.unit import Unit

    yield from _hold(window, "page of a book")
    window.session.select(Unit("features.1", 20))
    window.session.update(tuning=replace(window.session.state.tuning, shown=True))
    yield lambda: _is_whole(window.tuning.curve)
    yield 45.0
    yield _lenses_follow(window)


def tell_blocks(window: Any) -> Story:
    """The building blocks of a layer over a picture, with what each wants to see, and votes."""
    from dnnvis.core.unit import Unit

    yield from _hold(window, "cat")
    window.session.select(Unit(LAYER, EYE))
    choice = replace(window.session.state.blocks, shown=True, k=5, held=True, votes=True)
    window.session.update(blocks=choice)
    yield lambda: window.blocks.blocks is not None and window.blocks.blocks.is_held
    yield lambda: _is_whole(window.blocks.pictures)
    window.blocks.choose_group(0)
    window.blocks.setGeometry(250, 90, 760, 460)
    yield lambda: _is_whole(window.synthesis.result)
    yield 5.0
    yield _lenses_follow(window)


def tell_atlas(window: Any) -> Story:
    """The atlas of a layer of net2, made first of pictures in ../shared/data, beside its map."""
    from dnnvis.session.state import SourceChoice

    pictures = FOLDER.parents[1] / "shared" / "data" / "cifar10-jpg.tar" / "test"
    options = ["--layer", "elu7", "--grid", "8,16", "--limit", "6000"]
    command = [sys.executable, "-m", "dnnvis", "atlas", "net2-cifar10", "--data", str(pictures)]
    window.session.update(frozen=True)
    making = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    yield lambda: making.poll() is not None
    window.backend.open_source(SourceChoice(kind="pictures", path=str(pictures)))
    data = str(pictures.parent)  # where the map's examples are
    choice = replace(window.session.state.map, tab="atlas", shown=True, data=data)
    window.session.update(mode="map", frozen=True)
    window.session.update(map=choice)
    tab = window.map.side.tabs["atlas"]
    yield lambda: tab.view is not None
    yield 2.0
    level = tab.view.levels[0]
    row, column = level.cells[len(level.cells) // 2].tolist()
    tab.choose(atlas_cell=(level.grid, row, column))
    yield lambda: tab.examples.tiles
    yield 3.0


def tell_growing(window: Any) -> Story:
    """An automaton that grows from a seed, loses its left half, and heals: a strip of canvases."""
    from dnnvis.core.unit import Unit

    backend, tools = window.backend, window.input.canvas
    yield lambda: backend.info is not None and len(backend.info.states) < 10
    window.session.update(frozen=True)
    window.session.select(Unit("cell", 4))
    tools.seed.click()
    for steps, label in ((0, "step 0,"), (16, "step 16,"), (24, "step 40,"), (56, "step 96,")):
        yield from _go_on(window, steps, label)
    tools.cut.menu().actions()[0].trigger()
    yield lambda: not backend.live.frame.state[0, :, :32].any()
    _add_canvas(window, "step 96, left half erased")
    for steps, label in ((24, "step 120,"), (72, "step 192,")):
        yield from _go_on(window, steps, label)
    yield 3.0
    yield _lenses_follow(window)


def _go_on(window: Any, steps: int, label: str) -> Story:
    """Make so many steps, and keep a picture of the canvas."""
    if steps:
        window.backend.feeder.step(steps)
    yield lambda: str(window.backend.live.frame.label).startswith(label)
    _add_canvas(window, label.rstrip(","))


def _add_canvas(window: Any, title: str) -> None:
    CANVASES.append((title, window.backend.live.frame.pixels[10:54, 10:54]))  # around the figure


def join_canvases(path: Path, width: int) -> None:
    """Put the canvases that a story kept, side by side with titles, below the window's picture."""
    from PIL import Image, ImageDraw

    with Image.open(path) as picture:
        above = picture.convert("RGB")
    side = width // len(CANVASES)
    whole = Image.new("RGB", (width, above.height + side + TITLE_PIXELS), BACKGROUND)
    whole.paste(above, (0, 0))
    draw = ImageDraw.Draw(whole)
    for k, (title, pixels) in enumerate(CANVASES):
        canvas = Image.fromarray(pixels).resize((side - 8, side - 8), Image.Resampling.NEAREST)
        whole.paste(canvas, (k * side + 4, above.height + TITLE_PIXELS))
        draw.text((k * side + 6, above.height + 8), title, LETTERS)
    whole.save(path, quality=88)


#: Networks of stories that do not play on NETWORK and the demo.
OTHER_NETWORKS = {"atlas": "net2-cifar10", "growing": "nca-salamander"}
#: (title, pixels) of what a story keeps besides the window.
CANVASES: list[tuple[str, Any]] = []
TITLE_PIXELS, BACKGROUND, LETTERS = 28, (32, 35, 39), (230, 230, 230)


def tell_playground(window: Any) -> Story:
    """A spiral that three layers of eight have learned."""
    from dnnvis.core.learning.plane_network import Mlp2dSpec
    from dnnvis.core.unit import Unit

    panel = window.playground
    window.session.update(synthesis=replace(window.session.state.synthesis, on_click=True))
    window.run_action("playground")
    yield lambda: panel.status.moments and panel.columns
    panel.choose_data("spiral")
    panel.controls.network_chosen.emit(Mlp2dSpec((8, 8, 8)))
    yield lambda: len(panel.columns) == 5 and len(panel.status.weights) == 8
    choice = replace(window.session.state.playground, rate=0.01, l2=0.0003)
    window.session.update(playground=choice)
    yield 1.0
    panel.toggle_play()
    yield lambda: panel.status.losses[1] <= 0.02
    panel.toggle_play()
    yield 1.0
    window.session.select(Unit("active2", 3))
    yield lambda: _is_whole(window.synthesis.result)
    yield 3.0


def tell_maze(window: Any) -> Story:
    """A maze, what its network imagines at each step, and what a search would know by then."""
    from dnnvis.core.mazes.choice import MazeChoice
    from dnnvis.core.unit import Unit
    from dnnvis.engine.plan import NetworkChoice
    from dnnvis.session.state import SourceChoice

    window.backend.open_source(SourceChoice(kind="maze", maze=MazeChoice(rate=0.0, seed=10)))
    window.backend.run(NetworkChoice(net="maze-9"))
    yield lambda: window.backend.info is not None and window.backend.info.mazes
    window.session.update(mode="time")
    yield lambda: window.steps.current_strip is not None and window.steps.current_strip.scores
    window.session.select(Unit("cell", 5, None, 5))
    yield 6.0


#: What makes each picture, its file, and its size.
STORIES: dict[str, tuple[Callable[[Any], Story], str, tuple[int, int]]] = {
    "window": (tell_window, "window.png", (1564, 985)),
    "intervene": (tell_intervene, "intervene.webp", (1280, 800)),
    "recording": (tell_recording, "recording.webp", (1280, 800)),
    "attribution": (tell_attribution, "attribution.webp", (1280, 800)),
    "tuning": (tell_tuning, "tuning.webp", (1280, 800)),
    "blocks": (tell_blocks, "blocks.webp", (1280, 800)),
    "atlas": (tell_atlas, "atlas.webp", (1564, 985)),
    "growing": (tell_growing, "growing.webp", (1280, 800)),
    "playground": (tell_playground, "playground.webp", (1564, 985)),
    "maze": (tell_maze, "beyond/window.webp", (1280, 800)),
}


def grab(window: Any, path: Path) -> None:
    """Write a picture of the window, with what lies over it, into a file."""
    from PyQt6.QtGui import QPainter

    picture = window.grab()
    painter = QPainter(picture)
    for over in (
        *(window.tuning, window.perturb, window.forms.sweep),
        *(window.blocks, window.concepts),
    ):
        if over.isVisible():
            painter.drawPixmap(over.pos() - window.pos(), over.grab())
    painter.end()
    picture.save(str(path), quality=88 if path.suffix == ".webp" else -1)
    if path.suffix == ".png":
        shrink(path)
    if CANVASES:
        join_canvases(path, picture.width())


def shrink(path: Path) -> None:
    """Give a PNG 256 colors, which halves it."""
    from PIL import Image

    with Image.open(path) as picture:
        full = picture.convert("RGB")
    small = full.quantize(palette=full.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
    small.save(path, optimize=True)


def make(name: str) -> None:
    """Open the window, play a story in it, and write its picture."""
    from PyQt6.QtCore import QTimer

    from dnnvis.app.main import LaunchOptions, run
    from dnnvis.engine.plan import NetworkChoice

    tell, file, size = STORIES[name]

    def begin(window: Any) -> None:
        window.showNormal()
        window.setGeometry(0, 0, *size)
        started = time.monotonic()
        story = tell(window)
        step: list[Step] = [lambda: window.frame_stats.count > 2]
        since = [started]
        timer = QTimer(window)

        def poll() -> None:
            now = time.monotonic()
            if now - started > MAX_SECONDS:
                print(f"{name} is not done after {MAX_SECONDS:.0f} s", file=sys.stderr)
                window.close()
                return
            present = step[0]
            is_done = present() if callable(present) else now - since[0] >= present
            if not is_done:
                return
            step[0], since[0] = next(story, None), now  # type: ignore[call-overload]
            if step[0] is None:
                timer.stop()
                grab(window, FOLDER / file)
                window.close()

        timer.timeout.connect(poll)
        timer.start(POLL_MILLISECONDS)

    own = OTHER_NETWORKS.get(name)
    run(LaunchOptions(NetworkChoice(net=own or NETWORK), None if own else "demo", 1), begin)


def main(names: list[str]) -> None:
    """Make the pictures of these names, each in a process of its own; all without one."""
    if len(names) == 2 and names[0] == "--here":
        make(names[1])
        return
    for name in names or STORIES:
        with TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--here", name]
            subprocess.run(command, env=os.environ | {"DNNVIS_DATA": folder}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
