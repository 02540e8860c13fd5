"""Every key of the window, in one table for menus, shortcuts and the ``h`` overlay.

Letters are those of the Deep Visualization Toolbox where it has the function.
"""

from dataclasses import dataclass

from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.mosaic import MosaicGrid


@dataclass(frozen=True)
class KeyBinding:
    """The keys of one function of the window."""

    #: Keys as QKeySequence reads them.
    keys: tuple[str, ...]
    #: Name of the function in menus and in the list of keys.
    name: str
    #: What it does.
    help: str
    #: The menu that lists it.
    group: str
    #: Id of the ``Action`` that the window binds to the keys.
    function: str


GROUPS = (
    "File",
    "Edit",
    "Source",
    "Layer",
    "Unit",
    "Backward",
    "Steps",
    "Synthesis",
    "Colors",
    "View",
    "Present",
    "Help",
)

KEYS = (
    KeyBinding(
        ("Ctrl+O",), "Open picture or film …", "choose a picture or a film", "File", "open_file"
    ),
    KeyBinding(("Ctrl+Shift+O",), "Open folder …", "run over its pictures", "File", "open_folder"),
    KeyBinding(
        ("Ctrl+L",), "Open checkpoint …", "run a network of your own", "File", "open_checkpoint"
    ),
    KeyBinding(("Ctrl+T",), "Train a network …", "one that imagines boards", "File", "train"),
    KeyBinding(("Alt+S",), "Save panel …", "picture with recipe, or numbers", "File", "save_panel"),
    KeyBinding(("Alt+Shift+S",), "Film of the panel …", "for five seconds", "File", "film_panel"),
    KeyBinding(("Q", "Ctrl+Q"), "Quit", "close the program", "File", "quit"),
    KeyBinding(("Ctrl+Z",), "Undo", "the last choice, or the last stroke", "Edit", "undo"),
    KeyBinding(("Ctrl+Shift+Z", "Ctrl+Y"), "Redo", "what was undone last", "Edit", "redo"),
    KeyBinding(("Ctrl+V",), "Paste", "a picture, a file name, an address", "Edit", "paste"),
    KeyBinding(("Alt+C",), "Copy panel", "the panel as a picture", "Edit", "copy_panel"),
    KeyBinding(("Space",), "Play / pause", "pictures; steps; learning", "Source", "play"),
    KeyBinding((".",), "One frame on", "in Steps: one step on", "Source", "step"),
    KeyBinding((",",), "One frame back", "in Steps: one step back", "Source", "step_back"),
    KeyBinding(("F",), "Freeze", "hold the present frame", "Source", "freeze"),
    KeyBinding(("C",), "Camera / files", "change between camera and files", "Source", "camera"),
    KeyBinding(("E", "PgDown"), "Next file", "the next picture or film", "Source", "next_file"),
    KeyBinding(
        ("W", "PgUp"), "Previous file", "the picture or film before", "Source", "previous_file"
    ),
    KeyBinding(("Alt+R",), "Record", "frames on disk, or stop", "Source", "record"),
    KeyBinding(("Alt+L",), "Loop", "the last seconds, over and over", "Source", "loop_past"),
    KeyBinding(("Alt+Shift+L",), "Save last seconds …", "film, GIF, arrays", "Source", "save_past"),
    KeyBinding(("Ctrl+P",), "Change pictures …", "noise, blur, turns …", "Source", "perturb"),
    KeyBinding(("U",), "Previous layer", "one layer towards the input", "Layer", "previous_layer"),
    KeyBinding(("O",), "Next layer", "one layer towards the output", "Layer", "next_layer"),
    KeyBinding(("Ctrl+Down",), "Unfold", "the block on show, in the graph", "Layer", "unfold"),
    KeyBinding(("Ctrl+Up",), "Fold", "the block around the layer, in the graph", "Layer", "fold"),
    KeyBinding(("Left", "J"), "Left", "the unit to the left", "Unit", "left"),
    KeyBinding(("Right", "L"), "Right", "the unit to the right", "Unit", "right"),
    KeyBinding(("Up", "I"), "Up", "the unit above", "Unit", "up"),
    KeyBinding(("Down", "K"), "Down", "the unit below", "Unit", "down"),
    KeyBinding(
        ("Shift+Left", "Shift+J"), "Far left", "three units to the left", "Unit", "far_left"
    ),
    KeyBinding(
        ("Shift+Right", "Shift+L"), "Far right", "three units to the right", "Unit", "far_right"
    ),
    KeyBinding(("Shift+Up", "Shift+I"), "Far up", "three units up", "Unit", "far_up"),
    KeyBinding(("Shift+Down", "Shift+K"), "Far down", "three units down", "Unit", "far_down"),
    KeyBinding(("Return", "Enter"), "Enter the grid", "select the first unit", "Unit", "enter"),
    KeyBinding(
        ("Shift+Esc",), "Reset", "nothing selected, nothing pinned, plain view", "Unit", "reset"
    ),
    KeyBinding(("Alt+Left",), "Back", "the unit selected before", "Unit", "back"),
    KeyBinding(("X",), "Hold: off", "the unit is off while held", "Unit", "hold_unit_off"),
    KeyBinding(("Shift+X",), "Switch off", "the unit, or on again", "Unit", "switch_unit"),
    KeyBinding(("Ctrl+E",), "Edit …", "change what a layer returns", "Unit", "type_edit"),
    KeyBinding(("Ctrl+Shift+T",), "Tuning curve", "bars, gratings, dots, hues", "Unit", "tuning"),
    KeyBinding(("Ctrl+B",), "Building blocks", "groups of the layer", "Layer", "blocks"),
    KeyBinding(("Ctrl+Shift+C",), "Concepts", "of a data set, kept", "Layer", "concepts"),
    KeyBinding(("Ctrl+Shift+A",), "Atlas …", "of the layer, from pictures", "Layer", "atlas"),
    KeyBinding(
        ("Ctrl+Shift+E",), "Sweep …", "switch each unit of the layer off", "Unit", "sweep_layer"
    ),
    KeyBinding(
        ("Ctrl+Shift+D",), "Dissection …", "name units by what they detect", "Unit", "dissect"
    ),
    KeyBinding(("Ctrl+D",), "Bookmark", "mark the unit to come back to it", "Unit", "bookmark"),
    KeyBinding(("D",), "Pin the origin", "backward passes keep starting here", "Backward", "pin"),
    KeyBinding(("B",), "Next method", "deconvnet, guided, gradient", "Backward", "next_lens"),
    KeyBinding(("Shift+B",), "Previous method", "the same, backwards", "Backward", "previous_lens"),
    KeyBinding(("N",), "Next view", "raw, gray, norm, blurred ...", "Backward", "next_view"),
    KeyBinding(("Shift+N",), "Previous view", "the same, backwards", "Backward", "previous_view"),
    KeyBinding(("A",), "Activations / backward", "what the mosaic shows", "Backward", "grid"),
    KeyBinding(
        ("R",), "Invert again", "inversion of the present frame", "Backward", "restart_inversion"
    ),
    KeyBinding(("Home",), "First step", "or call of the layer", "Steps", "first_step"),
    KeyBinding(("<",), "Step before", "wherever the focus is", "Steps", "previous_step"),
    KeyBinding((">",), "Next step", "wherever the focus is", "Steps", "next_step"),
    KeyBinding(("End",), "Last step", "what the network answers", "Steps", "last_step"),
    KeyBinding(
        ("S",), "Patterns", "kept pictures in the mosaic, and back", "Synthesis", "patterns"
    ),
    KeyBinding(("G",), "Grow", "a picture of what the unit wants", "Synthesis", "grow"),
    KeyBinding(("P",), "Pause / continue", "hold the growing picture", "Synthesis", "pause"),
    KeyBinding(("Shift+G",), "Keep", "the picture, in the library", "Synthesis", "save_synthesis"),
    KeyBinding(
        ("Alt+X",),
        "Next view of examples",
        "crop, whole, deconvnet, guided",
        "Synthesis",
        "examples",
    ),
    KeyBinding(
        ("Alt+Shift+X",),
        "Examples from",
        "the library, or the last minutes",
        "Synthesis",
        "switch_example_source",
    ),
    KeyBinding(("M",), "Next colors", "the next color map", "Colors", "next_colormap"),
    KeyBinding(
        ("Shift+M",), "Previous colors", "the color map before", "Colors", "previous_colormap"
    ),
    KeyBinding(("T",), "Gamma", "1, 0.7, 0.5, 0.3: lift what is dark", "Colors", "gamma"),
    KeyBinding(("Shift+T",), "Per-unit contrast", "each unit its own range", "Colors", "per_unit"),
    KeyBinding(("V",), "Contrast", "clip, per frame, running, fixed", "Colors", "contrast"),
    KeyBinding(("Y",), "Overlay", "blend the unit's map into the input", "Colors", "overlay"),
    KeyBinding(("Ctrl+K", "/"), "Go to …", "a layer, unit, class, concept", "View", "go_to"),
    KeyBinding(("Ctrl+1",), "Explore", "a layer, and one of its units", "View", "mode_explore"),
    KeyBinding(("Ctrl+2",), "Synthesis", "what a unit wants, large", "View", "mode_synthesis"),
    KeyBinding(("Ctrl+3",), "Time", "steps, a board, training", "View", "mode_time"),
    KeyBinding(("Ctrl+4",), "Map", "where the whole inner state is", "View", "mode_map"),
    KeyBinding(("Ctrl+M",), "Activation map", "Map, and back to Explore", "View", "map"),
    KeyBinding(("Ctrl+G",), "Graph", "the network as a graph, and back", "View", "graph"),
    KeyBinding(("Ctrl+Shift+B",), "Compare", "with a second network, and back", "View", "compare"),
    KeyBinding(("Ctrl+Shift+P",), "Playground", "a network that learns", "View", "playground"),
    KeyBinding(("Ctrl+Shift+K",), "Kernels", "the layer's weights, and back", "View", "kernels"),
    KeyBinding(("Ctrl+Shift+H",), "Check", "input, answers, normalization", "View", "check"),
    KeyBinding(("Z",), "Enlarge", "what is under the mouse, and back", "View", "enlarge"),
    KeyBinding(("Esc",), "Close", "what is open or enlarged, nothing else", "View", "close"),
    KeyBinding(("F11",), "Pictures alone", "no menus and bars, all the screen", "View", "bars"),
    KeyBinding(("Ctrl++", "Ctrl+="), "Larger letters", "up to 20 points", "View", "larger_letters"),
    KeyBinding(("Ctrl+-",), "Smaller letters", "down to 10 points", "View", "smaller_letters"),
    KeyBinding(("Ctrl+0",), "Usual letters", "as the desktop has them", "View", "usual_letters"),
    KeyBinding(
        ("Ctrl+Shift+U",), "Unlock panels", "docks to arrange, or the mode", "View", "toggle_locked"
    ),
    KeyBinding(("Tab",), "Next panel", "move the focus on", "View", "next_panel"),
    KeyBinding(("Shift+Tab",), "Previous panel", "move the focus back", "View", "previous_panel"),
    KeyBinding(("Ctrl+R",), "Fit the mosaic", "show all of it", "View", "fit"),
    KeyBinding(("F7",), "Pointer", "a ring around the mouse, for all to see", "Present", "pointer"),
    KeyBinding(("F8",), "Pen", "draw over the cards; Esc ends", "Present", "pen"),
    KeyBinding(("?",), "What the cards mean", "a sentence each, and papers", "Help", "explain"),
    KeyBinding(("F1",), "About this panel", "its page of the guide", "Help", "guide"),
    KeyBinding(("H",), "Keys", "this list", "Help", "help"),
)

MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
FAR_STEPS = 3


def keys_in_group(group: str) -> tuple[KeyBinding, ...]:
    """Return the key bindings of a menu."""
    return tuple(key for key in KEYS if key.group == group)


def format_key(key: str) -> str:
    """Format a key as people read it: ``b`` and ``B`` for letters, arrows as arrows."""
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter"}
    if len(key) == 1:
        return key.lower()
    if key.startswith("Shift+") and len(key) == len("Shift+") + 1:
        return key[-1].upper()
    return "+".join(arrows.get(part) or tr(part) for part in key.split("+"))


def format_keys(key: KeyBinding) -> str:
    """Format all keys of a function: ``← j``; the two Enter keys count as one."""
    return "  ".join(dict.fromkeys(format_key(sequence) for sequence in key.keys))


def move_channel(grid: MosaicGrid, channel: int, function: str) -> int:
    """Return the channel that a move leads to.

    Args:
        grid: Layout of the mosaic.
        channel: The present channel.
        function: Name of the move, such as ``left`` or ``far_up``.

    Returns:
        The new channel.
    """
    step = FAR_STEPS if function.startswith("far_") else 1
    right, down = MOVES[function.removeprefix("far_")]
    return grid.neighbor(channel, right * step, down * step)
