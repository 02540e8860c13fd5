"""Compute where each card of a mode lies: pure functions, so that going back is exact."""

from dataclasses import dataclass, field, replace

from dnnvis.app.shell.window_layout import Box
from dnnvis.session.state import Mode

MARGIN, GAP = 8, 8  # pixels at the sides of the page, and between cards
ROW_GAP = 2  # pixels between cards of a unit that lie below each other
NARROW_WIDTH_PIXELS = 1100  # below it the unit's cards stand in one column that scrolls
SCROLL_BAR_PIXELS = 10
NARROW_PICTURE_PIXELS = 202
SMALL_HEIGHT_PIXELS = 720  # below it there is room for three classes, else for five
STEPS_WIDTH_PIXELS = 960  # of four steps of 200 pixels, with names and margins
MAP_MARGIN_PIXELS = -2  # of the numbers beside the map, less those below it and the line
NEIGHBORS_IN_ROW = 5  # nearest examples beside each other, in two rows
MIN_PICTURE_PIXELS = 120
KERNELS_TOP_FRACTION = 0.42  # of the layers' box, above their kernels
CHECK_FRACTION = 0.45  # of the middle at most, for the check of the network
CONTROLS_LINES = 10  # width of the controls of Synthesis, in heights of a line: no label is cut
STRIP_FRACTION = 0.098  # of the height, for the pictures that were kept
MIN_STATISTICS_ROWS = 5  # of text, below which statistics show nothing
TRAINING_FRACTION = 0.065  # of the height, for the loss below the steps
CARDS_OF_UNIT = ("unit", "lens1", "lens2", "lens3", "synthesis", "examples")
#: What fills the page instead of the middle when it is enlarged.
MIDDLE: dict[Mode, str] = {
    "explore": "mosaic",
    "synthesis": "synthesis",
    "time": "steps",
    "map": "map",
}


@dataclass(frozen=True)
class Metrics:
    """Heights in pixels that depend on the letters."""

    #: A card's header.
    header: int = 19
    #: A class among the predictions.
    row: int = 23
    #: The line over the cards of a unit.
    heading: int = 22


@dataclass(frozen=True)
class ModeLayout:
    """Where the parts of a mode lie on its page."""

    #: Box of each card that the mode shows.
    boxes: dict[str, Box] = field(default_factory=dict)
    #: How far the column of the unit's cards scrolls, in pixels; 0: all of it is in sight.
    scroll_range: int = 0
    #: Cards whose controls stay open, each with the box of its fold.
    folds: dict[str, Box] = field(default_factory=dict)
    #: Cards without a line for their title: their controls stand beside them.
    bare: tuple[str, ...] = ()


def compute_mode_layout(
    mode: Mode,
    width: int,
    height: int,
    metrics: Metrics,
    scroll: int = 0,
    *,
    kernels: bool = False,
    has_check: bool = False,
) -> ModeLayout:
    """Compute the layout of a mode.

    Args:
        mode: The mode.
        width: Width of the page.
        height: Height of the page.
        metrics: What depends on the letters.
        scroll: How far the column of the unit's cards is scrolled, in Explore.
        kernels: Whether the layer's kernels lie below the layers, in Explore.
        has_check: Whether the check of the network lies below the mosaic, in Explore.

    Returns:
        The layout; the same for the same arguments.
    """
    if mode == "synthesis":
        return _lay_out_synthesis(width, height, metrics)
    if mode == "time":
        return _lay_out_time(width, height, metrics)
    if mode == "map":
        return _lay_out_map(width, height, metrics)
    layout = _lay_out_explore(width, height, metrics, scroll)
    layout = _add_kernels(layout) if kernels else layout
    return _with_check(layout, metrics) if has_check else layout


def compute_enlarged_box(mode: Mode, name: str, layout: ModeLayout, page: Box) -> Box:
    """Compute the box of an enlarged card.

    It is the middle of Explore; all of the page elsewhere, and for the middle itself.
    """
    middle = layout.boxes.get(MIDDLE[mode])
    if mode != "explore" or name == MIDDLE[mode] or middle is None:
        return page
    return middle


def _add_kernels(layout: ModeLayout) -> ModeLayout:
    """Give the lower part of the layers' box to their kernels."""
    box = layout.boxes["layers"]
    tree = round(KERNELS_TOP_FRACTION * box.height)
    lower = Box(box.x, box.y + tree, box.width, box.height - tree)
    boxes = {**layout.boxes, "layers": Box(box.x, box.y, box.width, tree), "kernels": lower}
    return replace(layout, boxes=boxes)


def _with_check(layout: ModeLayout, metrics: Metrics) -> ModeLayout:
    """Return a layout of Explore with the check of the network below its mosaic."""
    box = layout.boxes["mosaic"]
    height = min(round(CHECK_FRACTION * box.height), metrics.header + 14 * metrics.row)
    top = box.height - height
    mosaic = replace(box, height=top - GAP // 2)
    check = replace(box, y=box.y + top, height=height)
    return replace(layout, boxes={**layout.boxes, "mosaic": mosaic, "check": check})


def _left_width(width: int) -> int:
    return min(max(round(0.2625 * width - 120), 200), 380)


def _lay_out_explore(width: int, height: int, metrics: Metrics, scroll: int) -> ModeLayout:
    narrow = width < NARROW_WIDTH_PIXELS
    left = _left_width(width)
    if narrow:
        picture = NARROW_PICTURE_PIXELS
        right = picture + SCROLL_BAR_PIXELS
    else:
        by_height = (height - metrics.heading - 3 * metrics.header - 2 * ROW_GAP) // 3
        by_width = (round(0.335 * width) - GAP) // 2
        picture = max(min(by_height, by_width), MIN_PICTURE_PIXELS)
        right = 2 * picture + GAP
    x_right = width - MARGIN - right
    x_middle = MARGIN + left + GAP
    boxes = _stack_left(left, height, metrics)
    boxes["mosaic"] = Box(x_middle, 0, x_right - GAP - x_middle, height)
    if narrow:
        card = picture + metrics.header
        pitch = card + GAP // 2
        total = metrics.heading + 6 * pitch
        scroll_range = max(total - height, 0)
        offset = min(max(scroll, 0), scroll_range)
        boxes["heading"] = Box(x_right, -offset, picture, metrics.heading)
        for k, name in enumerate(CARDS_OF_UNIT):
            boxes[name] = Box(x_right, metrics.heading + k * pitch - offset, picture, card)
        return ModeLayout(boxes, scroll_range)
    boxes["heading"] = Box(x_right, 0, right, metrics.heading)
    card = (height - metrics.heading - 2 * ROW_GAP) // 3
    for k, name in enumerate(CARDS_OF_UNIT):
        row, column = divmod(k, 2)
        x = x_right + column * (picture + GAP)
        y = metrics.heading + row * (card + ROW_GAP)
        boxes[name] = Box(x, y, picture, card)
    return ModeLayout(boxes)


def _stack_left(left: int, height: int, metrics: Metrics) -> dict[str, Box]:
    """Lay out input, predictions and layers below each other."""
    rows = 3 if height < SMALL_HEIGHT_PIXELS else 5
    side = min(left, height // 3 + 60)
    input_height, predictions = side + metrics.header, metrics.header + rows * metrics.row + 2
    top = input_height + GAP // 2
    layers = top + predictions + GAP // 2
    return {
        "input": Box(MARGIN, 0, left, input_height),
        "predictions": Box(MARGIN, top, left, predictions),
        "layers": Box(MARGIN, layers, left, height - layers),
    }


def _lay_out_synthesis(width: int, height: int, metrics: Metrics) -> ModeLayout:
    """Lay out the presets, the picture as large as it goes, and what else is known of the unit."""
    left = max(min(max(round(0.156 * width), 200), 280), CONTROLS_LINES * metrics.header)
    strip = round(STRIP_FRACTION * height)
    side = min(height - strip - GAP // 2, round(0.53 * width))
    y_strip = side + GAP // 2
    x_middle = MARGIN + left + GAP
    x_right = x_middle + side + GAP
    right = width - x_right - MARGIN
    outcome = metrics.header + 6 * metrics.row
    tiles = min(right, side - metrics.heading - 2 * metrics.header - outcome - GAP)
    y_outcome = metrics.heading + tiles + metrics.header + GAP // 2
    y_statistics = y_outcome + outcome + GAP // 2
    rest = side - y_statistics
    boxes = {
        "synthesis": Box(x_middle, 0, side, side),
        "heading": Box(x_right, 0, right, metrics.heading),
        "examples": Box(x_right, metrics.heading, right, tiles + metrics.header),
        "outcome": Box(x_right, y_outcome, right, outcome),
        "patterns": Box(MARGIN, y_strip, width - 2 * MARGIN, height - y_strip),
    }
    if rest >= metrics.header + MIN_STATISTICS_ROWS * metrics.row:
        boxes["statistics"] = Box(x_right, y_statistics, right, rest)
    else:
        boxes["outcome"] = Box(x_right, y_outcome, right, side - y_outcome)
    folds = {"synthesis": Box(MARGIN, 0, left, side)}
    return ModeLayout(boxes, 0, folds, ("synthesis",))


def _lay_out_time(width: int, height: int, metrics: Metrics) -> ModeLayout:
    """Lay out the board with its tools and units, the steps, and the training below both."""
    training = max(2 * metrics.row + GAP // 2, round(TRAINING_FRACTION * height))
    y_train = height - training
    body = y_train - GAP // 2
    left = min(max(min(round(0.25 * width), width - STEPS_WIDTH_PIXELS), 200), 460)
    tools = 7 * metrics.row + 2 * GAP
    rest = body - metrics.header - tools - GAP
    side = min(left, round(0.5 * body), max(rest, MIN_PICTURE_PIXELS))
    x = MARGIN + left + GAP
    y_tools = side + metrics.header
    y_units = y_tools + tools + GAP // 2
    boxes = {
        "input": Box(MARGIN, 0, left, y_tools),
        "steps": Box(x, 0, width - MARGIN - x, body),
        "train": Box(MARGIN, y_train, width - 2 * MARGIN, training),
    }
    if body - y_units >= MIN_PICTURE_PIXELS:
        boxes["mosaic"] = Box(MARGIN, y_units, left, body - y_units)
    return ModeLayout(boxes, 0, {"input": Box(MARGIN, y_tools, left, tools)}, ("train",))


def _lay_out_map(width: int, height: int, metrics: Metrics) -> ModeLayout:
    """Lay out the map as large as it goes, the picture that runs, its neighbors, and the tabs."""
    side = min(height + MAP_MARGIN_PIXELS - metrics.header, round(0.6 * width))
    x = MARGIN + side + GAP
    right = width - MARGIN - x
    small = min(round(0.2 * height), right // 2)
    y = small + metrics.header
    half = small + GAP
    y_near = y + GAP // 2
    near = 2 * (right // NEIGHBORS_IN_ROW) + metrics.header + metrics.row
    y_tabs = y_near + near + GAP // 2
    boxes = {
        "map": Box(MARGIN, 0, side, height),
        "input": Box(x, 0, small, y),
        "predictions": Box(x + half, 0, right - half, y),
        "near": Box(x, y_near, right, near),
        "tabs": Box(x, y_tabs, right, height - y_tabs),
    }
    return ModeLayout(boxes)
