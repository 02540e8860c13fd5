"""Every unit of the layer on show, in one picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dnnvis.app.layers.contrast_bar import ContrastBar
from dnnvis.app.layers.layer_bar import LayerBar
from dnnvis.app.layers.mosaic_view import Canvas
from dnnvis.app.steps import text as say_steps
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.color_bar import ColourBar
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.core.lens_results import Patterns, Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize, mosaic
from dnnvis.imaging.pattern_mosaic import PatternTiles
from dnnvis.imaging.running_range import Fired, Levels, Range, range_of
from dnnvis.session import readout
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import at_call

GRID = "grid"  # the mail key of the lens picture that backward mode shows
PATTERNS = "patterns"  # the mail key of the kept pictures, and the mode that shows them
_DRAWN = ("contrast", "fixed", "gamma", "per_unit", "colours", "grid", "layer", "call")


class MosaicPanel(Panel):
    """The layer list, the mosaic of the layer's maps, its colour bar and contrast controls.

    ``hovered`` is the line under the mouse ('' when it leaves), ``previewed`` the unit under
    it or None, ``painted`` the Live whose maps have just reached the screen.
    """

    hovered = pyqtSignal(str)
    previewed = pyqtSignal(object)
    painted = pyqtSignal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self.backward: Picture | Failure | None = None
        self.patterns: Patterns | Failure | None = None
        self._tiles: tuple[object, PatternTiles] | None = None
        self.grid: mosaic.Grid | None = None
        self._levels, self._fired = Levels(), Fired()
        self._maps: NDArray[np.float32] | None = None
        self._range: Range | None = None
        self._pointed: tuple[float, float] | None = None
        self._over: Unit | None = None
        self._due = False
        self.layers = LayerBar(session, self)
        self.contrast = ContrastBar(session, self)
        self.canvas = Canvas(self)
        self.canvas.setAccessibleName("Mosaic of all units of the layer")
        self.bar = ColourBar(self)
        self.words = label(self, muted=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.notes = Line(self, theme.small(self), muted=True)
        self.notes.setContentsMargins(theme.GAP, 0, theme.GAP, theme.GAP // 2)
        self._arrange()
        self.contrast.freeze.connect(self._freeze)
        self.canvas.clicked.connect(self._click)
        self.canvas.pointed.connect(self._point)
        self.canvas.left.connect(self._leave)
        self.canvas.resized.connect(self._resized)
        self.canvas.painted.connect(self.painted)
        self.show_state(self.state)

    def _arrange(self) -> None:
        shown = QWidget(self)
        row = QHBoxLayout(shown)
        row.setContentsMargins(0, 0, theme.GAP, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.bar)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.words)
        self._stack.addWidget(shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        for widget in (self.layers, self.contrast):
            column.addWidget(widget)
        column.addWidget(self._stack, 1)
        column.addWidget(self.notes)

    # -- what arrives

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        self.layers.show_state(state)
        self.contrast.show_state(state)
        if any(getattr(before, name) != getattr(state, name) for name in _DRAWN):
            self._redraw()
        else:
            self._mark()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = self.backward = self.patterns = self._tiles = None
        self._levels.forget()
        self._fired.forget()
        self.layers.show_info(info)
        self.layers.show_state(self.state)
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            self.live = value
            self._redraw(new=True)
        elif key == GRID and isinstance(value, Picture | Failure):
            self.backward = value
            if self.state.grid == "backward":
                self._redraw()
        elif key == PATTERNS and isinstance(value, Patterns | Failure):
            self.patterns = _with_more(self.patterns, value)
            if self.state.grid == PATTERNS:
                self._redraw()

    def raw_values(self) -> NDArray[np.float32] | None:
        """The maps on show (C, H, W), unscaled."""
        return self._maps

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._due:
            self._redraw(new=self.live is not None)

    # -- drawing

    def _redraw(self, new: bool = False) -> None:
        """Draw what is on show; ``new`` when a frame has come that was not counted yet."""
        self._due = not self.isVisible()
        if self._due or self._waits():
            return
        self._maps, words = self._values()
        self._stack.setCurrentIndex(1 if self._maps is not None else 0)
        if self._maps is None:
            self.words.setText(words)
            self.notes.setText("")
            self.canvas.show_indices(None, colorize.colours(self.state.colours))
            return
        backward = self.state.grid == "backward"
        name = "signed" if backward else self.state.colours
        low, high, finite = colorize.extents(self._maps)
        self._range = self._range_now(low, high, new, name == "signed", backward)
        gamma = self.state.gamma
        patterns = self.state.grid == PATTERNS
        if patterns:  # a tile's one value is the unit's maximum
            self._maps = high.reshape(-1, 1, 1)
        drawn = colorize.indices(
            self._maps, self._range.low, self._range.high, gamma=gamma, signed=name == "signed"
        )
        drawn, bad = (drawn, 0) if finite else colorize.with_bad(drawn, self._maps)
        self.grid = self._laid_out(self._maps.shape)
        tones = theme.tones(self)
        line = tones.rgb("backward" if backward else "grid")
        self.canvas.setBackground(tones.colour("window"))
        tag = self.live if new else None
        table = colorize.colours(name, line)
        if patterns:
            edges = table[drawn[:, 0, 0]]
            tiles = self._pattern_tiles(len(drawn))
            self.canvas.show_packed(tiles.painted(self.grid, edges, line), tag)
        else:
            self.canvas.show_indices(self.grid.paint(drawn), table, tag)
        self.bar.show_range(self._range.shown, name, gamma)
        self._note(bad)
        self._mark()
        self._tell()

    def _waits(self) -> bool:
        """Whether only the step was changed: until the frame comes that shows it, what is on
        screen stays, lest a walk over the steps flickers."""
        layer, live = self.state.layer, self.live
        if live is None or layer not in live.maps or self.state.grid == "backward":
            return False
        return readout.is_of_another_call(live, Unit(layer, 0, None, self.state.call), self.info)

    def _values(self) -> tuple[NDArray[np.float32] | None, str]:
        """The maps (N, H, W) to draw, or why there are none."""
        if self.state.grid == "backward":
            return self._backward_values()
        layer, live = self.state.layer, self.live
        words = messages.why_no_mosaic(self.info, layer, live)
        if live is not None and layer == "output" and layer not in live.maps:
            return live.output.reshape(-1, 1, 1), ""
        if words or live is None:
            return None, words
        return live.maps[layer], ""

    def _backward_values(self) -> tuple[NDArray[np.float32] | None, str]:
        picture = self.backward
        if isinstance(picture, Failure):
            return None, picture.sentence
        info = self.info.layer(self.state.layer) if self.info else None
        if picture is None or info is None or picture.values.shape[2] != info.shape[0]:
            return None, messages.no_backward(self.state.origin, self.state.layer)
        return np.ascontiguousarray(picture.values.transpose(2, 0, 1)), ""

    def _range_now(self, low: Any, high: Any, new: bool, signed: bool, backward: bool) -> Range:
        state = self.state
        if backward:
            return range_of(low, high, fixed=None, per_unit=state.per_unit, signed=True)
        key = (self.live.network if self.live else "", f"{state.layer}#{state.call}")
        if new or not self._levels.knows(key):
            self._levels.see(key, low, high)
            self._fired.see(key, low, high)
        if state.contrast == "running":
            low, high = self._levels.running(key)
        fixed = state.fixed if state.contrast == "fixed" else None
        return range_of(low, high, fixed=fixed, per_unit=state.per_unit, signed=signed)

    def _laid_out(self, shape: tuple[int, ...]) -> mosaic.Grid:
        if self.state.grid == PATTERNS:
            return self._pattern_tiles(shape[0]).grid(self.canvas.aspect)
        count, height, width = shape
        return mosaic.grid_for(count, height, width, self.canvas.aspect)

    def _pattern_tiles(self, count: int) -> PatternTiles:
        """The tiles of the kept pictures of the layer on show."""
        kept, empty = self._kept(), theme.tones(self).rgb("raised")
        about = kept, count, empty, self.state.layer
        if self._tiles is None or self._tiles[0] != about:
            patterns = kept or Patterns(self.state.layer, "", {})
            self._tiles = about, PatternTiles(patterns, count, empty)
        return self._tiles[1]

    def _kept(self) -> Patterns | None:
        """What is kept of the layer on show, if it is known."""
        kept, network = self.patterns, self.live.network if self.live else ""
        if not isinstance(kept, Patterns) or kept.layer != self.state.layer:
            return None
        return kept if kept.network in ("", network) else None

    def _silent(self) -> NDArray[np.int64]:
        if self.live is None or self.state.grid != "forward":
            return np.zeros(0, np.int64)
        return self._fired.silent((self.live.network, f"{self.state.layer}#{self.state.call}"))

    def _note(self, bad: int) -> None:
        if self._maps is None:
            return
        words = [messages.bad(bad)]
        if self.state.grid == PATTERNS:
            words.append(messages.patterns(self.patterns, self._kept()))
        elif self.state.grid != "backward":
            words.append(messages.silent(len(self._silent()), len(self._maps)))
        else:
            words.append("backward: red positive, blue negative")
        words.append(say_steps.at(self.info, self.state.layer, self.state.call))
        text = " · ".join(word for word in words if word)
        if text != self.notes.text():
            self.notes.setText(text)

    def _mark(self) -> None:
        """Frames around the selected, the pinned and the pointed-at unit, dots on silent ones."""
        if self.grid is None or self._maps is None:
            return
        tones = theme.tones(self)
        frames = []
        for unit, colour in (
            (self._over, QColor("#ffffff")),
            (self.state.pinned, tones.colour("pinned")),
            (self.state.unit, tones.colour("cursor")),
        ):
            frames += [(box, colour) for box in self._boxes(unit)]
        width = self.grid.tiling.width
        dots = [
            (box[0] + width * 0.12, box[1] + width * 0.12)
            for box in (self.grid.box(int(channel)) for channel in self._silent())
        ]
        colour = tones.colour("silent")
        self.canvas.marks.show_marks(tuple(frames), dots, colour, self.canvas.extent(), width)

    def _boxes(self, unit: Unit | None) -> list[mosaic.Box]:
        if unit is None or unit.layer != self.state.layer or self.grid is None:
            return []
        assert self._maps is not None  # there is a grid
        count, height, width = self._maps.shape
        if unit.channel >= count:
            return []
        boxes = [self.grid.box(unit.channel)]
        place = unit.place
        if place is not None and height * width > 1 and place[0] < height and place[1] < width:
            boxes.append(self.grid.box(unit.channel, place))
        return boxes

    # -- the mouse

    def unit_at(self, y: float, x: float) -> Unit | None:
        """The unit, with its place, under a point of the mosaic."""
        maps = self._maps
        found = self.grid.unit_at(y, x) if self.grid and maps is not None else None
        if found is None or maps is None:
            return None
        channel, place = found
        whole = maps.shape[1:] == (1, 1)
        unit = Unit(self.state.layer, channel, None if whole else place)
        return at_call(unit, self.info, self.state.call)

    def _click(self, y: float, x: float, held: bool) -> None:
        unit = self.unit_at(y, x)
        if unit is not None:
            chosen = mosaic.chosen(unit, self.state.unit, held)
            self.session.select(chosen, call=self.state.call)

    def _point(self, y: float, x: float) -> None:
        self._pointed = (y, x)
        self._tell()

    def _leave(self) -> None:
        self._pointed = None
        self._tell()

    def _tell(self) -> None:
        """Say what lies under the mouse."""
        unit = self.unit_at(*self._pointed) if self._pointed else None
        if unit is None and self._over is None:
            return
        over = unit.whole() if unit else None
        if over != self._over:
            self._over = over
            self.previewed.emit(over)
            self._mark()
        self.hovered.emit(self._line(unit) if unit else "")

    def _line(self, unit: Unit) -> str:
        place = unit.place or (0, 0)
        info = self.info.layer(unit.layer) if self.info else None
        pixel = mosaic.pixel_of(info, place) if unit.place is not None else None
        assert self._maps is not None  # a unit is under the mouse
        return messages.hover(unit, float(self._maps[(unit.channel, *place)]), pixel)

    def _freeze(self) -> None:
        if self._range is not None and self._range.shown is not None:
            low, high = self._range.shown
            self.session.update(fixed=(round(low, 3), round(high, 3)))

    def _resized(self) -> None:
        if self._maps is None or self.grid is None or not self.canvas.fitted:
            return
        if self._laid_out(self._maps.shape) != self.grid:
            self._redraw()


def _with_more(before: Patterns | Failure | None, fresh: Patterns | Failure) -> Patterns | Failure:
    """``fresh``, which comes in parts, over what is known of the same layer, so that no tile
    is empty for a moment while the pictures are read again."""
    if not (isinstance(before, Patterns) and isinstance(fresh, Patterns) and fresh.thumbs):
        return fresh
    if (before.layer, before.network) != (fresh.layer, fresh.network):
        return fresh
    return replace(fresh, thumbs={**before.thumbs, **fresh.thumbs})
