"""Every key of the window, in one table: menus, shortcuts and the ``h`` overlay are made
from it. Letters are those of the Deep Visualization Toolbox where it has the function.

Left free for functions that come later: / Ctrl+Shift+P.
"""

from dataclasses import dataclass

from dnnvis.imaging.tiling import Tiling


@dataclass(frozen=True)
class Key:
    """``keys`` as QKeySequence reads them; ``function`` is the name the window binds to a
    verb; ``words`` say what it does, ``group`` is the menu it stands in."""

    keys: tuple[str, ...]
    name: str
    words: str
    group: str
    function: str


GROUPS = (
    "File",
    "Source",
    "Layer",
    "Unit",
    "Backward",
    "Steps",
    "Synthesis",
    "Colours",
    "View",
    "Help",
)

KEYS = (
    Key(("Ctrl+O",), "Open picture or film …", "choose a picture or a film", "File", "open_file"),
    Key(("Ctrl+Shift+O",), "Open folder …", "run over its pictures", "File", "open_folder"),
    Key(("Ctrl+L",), "Open checkpoint …", "run a network of your own", "File", "open_checkpoint"),
    Key(("Ctrl+T",), "Train a network …", "one that imagines boards", "File", "train"),
    Key(("Q", "Ctrl+Q"), "Quit", "close the program", "File", "quit"),
    Key(("Space",), "Play / pause", "pictures; in Steps: steps", "Source", "play"),
    Key((".",), "One frame on", "in Steps: one step on", "Source", "step"),
    Key((",",), "One frame back", "in Steps: one step back", "Source", "step_back"),
    Key(("F",), "Freeze", "hold the present frame", "Source", "freeze"),
    Key(("C",), "Camera / files", "change between camera and files", "Source", "camera"),
    Key(("E", "PgDown"), "Next file", "the next picture or film", "Source", "next_file"),
    Key(("W", "PgUp"), "Previous file", "the picture or film before", "Source", "previous_file"),
    Key(("U",), "Previous layer", "one layer towards the input", "Layer", "previous_layer"),
    Key(("O",), "Next layer", "one layer towards the output", "Layer", "next_layer"),
    Key(("Left", "J"), "Left", "the unit to the left", "Unit", "left"),
    Key(("Right", "L"), "Right", "the unit to the right", "Unit", "right"),
    Key(("Up", "I"), "Up", "the unit above", "Unit", "up"),
    Key(("Down", "K"), "Down", "the unit below", "Unit", "down"),
    Key(("Shift+Left", "Shift+J"), "Far left", "three units to the left", "Unit", "far_left"),
    Key(("Shift+Right", "Shift+L"), "Far right", "three units to the right", "Unit", "far_right"),
    Key(("Shift+Up", "Shift+I"), "Far up", "three units up", "Unit", "far_up"),
    Key(("Shift+Down", "Shift+K"), "Far down", "three units down", "Unit", "far_down"),
    Key(("Return", "Enter"), "Enter the grid", "select the first unit", "Unit", "enter"),
    Key(("Esc",), "Reset", "nothing selected, nothing pinned, plain view", "Unit", "reset"),
    Key(("Alt+Left",), "Back", "the unit selected before", "Unit", "back"),
    Key(("Ctrl+D",), "Bookmark", "mark the unit to come back to it", "Unit", "bookmark"),
    Key(("D",), "Pin the origin", "backward passes keep starting here", "Backward", "pin"),
    Key(("B",), "Next method", "deconvnet, guided, gradient", "Backward", "next_lens"),
    Key(("Shift+B",), "Previous method", "the same, backwards", "Backward", "previous_lens"),
    Key(("N",), "Next view", "raw, gray, norm, blurred ...", "Backward", "next_view"),
    Key(("Shift+N",), "Previous view", "the same, backwards", "Backward", "previous_view"),
    Key(("A",), "Activations / backward", "what the mosaic shows", "Backward", "grid"),
    Key(("R",), "Invert again", "inversion of the present frame", "Backward", "again"),
    Key(("Home",), "First step", "or call of the layer", "Steps", "first_step"),
    Key(("<",), "Step before", "wherever the focus is", "Steps", "previous_step"),
    Key((">",), "Next step", "wherever the focus is", "Steps", "next_step"),
    Key(("End",), "Last step", "what the network answers", "Steps", "last_step"),
    Key(("S",), "Patterns", "kept pictures in the mosaic, and back", "Synthesis", "patterns"),
    Key(("G",), "Grow", "a picture of what the unit wants", "Synthesis", "grow"),
    Key(("P",), "Pause / continue", "hold the growing picture", "Synthesis", "pause"),
    Key(("Shift+G",), "Keep", "the picture, in the library", "Synthesis", "keep"),
    Key(("X",), "Next view of examples", "crop, whole, deconvnet, guided", "Synthesis", "examples"),
    Key(("Shift+X",), "Examples from", "the library, or the last minutes", "Synthesis", "where"),
    Key(("M",), "Next colours", "the next colour map", "Colours", "next_colours"),
    Key(("Shift+M",), "Previous colours", "the colour map before", "Colours", "previous_colours"),
    Key(("T",), "Gamma", "1, 0.7, 0.5, 0.3: lift what is dark", "Colours", "gamma"),
    Key(("Shift+T",), "Per-unit contrast", "each unit its own range", "Colours", "per_unit"),
    Key(("V",), "Contrast", "per frame, running, fixed", "Colours", "contrast"),
    Key(("Y",), "Overlay", "blend the unit's map into the input", "Colours", "overlay"),
    Key(("Ctrl+M",), "Activation map", "where the network's inner state is", "View", "map"),
    Key(("Z",), "Enlarge the panel", "one panel alone, and back", "View", "enlarge"),
    Key(("Tab",), "Next panel", "move the focus on", "View", "next_panel"),
    Key(("Shift+Tab",), "Previous panel", "move the focus back", "View", "previous_panel"),
    Key(("Ctrl+R",), "Fit the mosaic", "show all of it", "View", "fit"),
    Key(("Alt+S",), "Save panel …", "picture with recipe, or numbers", "View", "save_panel"),
    Key(("Alt+C",), "Copy panel", "the panel as a picture", "View", "copy_panel"),
    Key(("H", "F1"), "Keys", "this list", "Help", "help"),
)  # fmt: skip

MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
FAR = 3


def by_group(group: str) -> tuple[Key, ...]:
    return tuple(key for key in KEYS if key.group == group)


def shown(key: str) -> str:
    """A key as people read it: ``b`` and ``B`` for letters, arrows as arrows."""
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter"}
    if len(key) == 1:
        return key.lower()
    if key.startswith("Shift+") and len(key) == len("Shift+") + 1:
        return key[-1].upper()
    return "+".join(arrows.get(part, part) for part in key.split("+"))


def all_shown(key: Key) -> str:
    """All keys of a function: ``← j``; the two Enter keys are one to people."""
    return "  ".join(dict.fromkeys(shown(one) for one in key.keys))


def moved(tiling: Tiling, channel: int, function: str) -> int:
    """The channel that a move like ``left`` or ``far_up`` leads to."""
    step = FAR if function.startswith("far_") else 1
    right, down = MOVES[function.removeprefix("far_")]
    return tiling.moved(channel, right * step, down * step)
