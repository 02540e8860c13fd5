"""Collect every English text that the window looks up: from its tables, and from calls of tr."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dnnvis.app.activation_map import export as map_export
from dnnvis.app.activation_map import fit_dialog, legend, toolbar
from dnnvis.app.activation_map import text as map_text
from dnnvis.app.activation_map.tabs import attack, units
from dnnvis.app.activation_map.tabs.tabs import TAB_KINDS
from dnnvis.app.input.board_tools import RANDOM_STARTS
from dnnvis.app.kernels.text import PADDING
from dnnvis.app.layers import contrast_bar, query_choice
from dnnvis.app.opening import dialog as network_dialog
from dnnvis.app.opening import text as opening_text
from dnnvis.app.predictions import text as predictions_text
from dnnvis.app.probe import perturb_window
from dnnvis.app.probe import text as probe_text
from dnnvis.app.recording.desk import FILM_FILTER, FRAMES_FILTER
from dnnvis.app.runtime.state_files import FILTER
from dnnvis.app.saving.state_dialog import FILTER_WITH_DOCKS
from dnnvis.app.shell import dock_arrangement, keymap
from dnnvis.app.shell.go_to import HEADINGS
from dnnvis.app.shell.help_overlay import _HEADINGS
from dnnvis.app.shell.menus import MENU_TITLES
from dnnvis.app.shell.modes.cards import CARD_TITLES
from dnnvis.app.shell.teaching.card_help import _TIPS, MORE
from dnnvis.app.shell.teaching.coach_marks import HINTS
from dnnvis.app.shell.teaching.lesson_player import WAIT_TEXTS
from dnnvis.app.shell.teaching.pen_overlay import COLORS
from dnnvis.app.statistics.text import TIPS as STATISTICS_TIPS
from dnnvis.app.statistics.text import row_title
from dnnvis.app.steps.text import DISPLAY_MODES, MARK_ENDINGS, SCORE_HELP
from dnnvis.app.synthesis import text as synthesis_text
from dnnvis.app.synthesis.preset_titles import BOARD_TITLE, PAPERS_TITLE, PLAIN_TITLES
from dnnvis.app.synthesis.settings_list import SEED
from dnnvis.app.training.rendering import ROW_NOTES
from dnnvis.app.training.track_row import NOTHING_TRAINED
from dnnvis.app.widgets import messages, theme
from dnnvis.core.learning.plane_lessons import PLANE_LESSONS
from dnnvis.core.lens_results import VIEWS
from dnnvis.core.life.board import BORDERS
from dnnvis.core.probing.perturbation import TEXTS as PERTURBATION_TEXTS
from dnnvis.guide.glossary import SECTIONS
from dnnvis.lenses.normalization_check import CURRENT, GRAY_NORMALIZATIONS, NORMALIZATIONS
from dnnvis.session import step_text
from dnnvis.session.modes import MODE_HELP
from dnnvis.session.state import CONTRASTS

PACKAGE = Path(__file__).resolve().parents[2] / "dnnvis"
#: Functions that look texts up, each with the positions of these.
CALLS = {
    "tr": slice(0, 1),
    **dict.fromkeys(
        (
            *("create_label", "create_push_button", "create_tool_button", "create_check_box"),
            *("create_combo", "create_spin_box", "create_double_spin_box", "create_slider"),
        ),
        slice(1, 3),
    ),
    **dict.fromkeys(
        ("_bind_combo", "_create_tool", "_create_flat", "_create_side_field"), slice(0, 2)
    ),
    **dict.fromkeys(("_bind_number", "_bind_check_box"), slice(0, 1)),
    "_create_choice": slice(1, 2),
    **dict.fromkeys(("_create_number_box", "_create_bound_box"), slice(1, 3)),
}
#: Tables whose texts are all looked up: of dicts the values, of tuples all.
TABLES = (
    *(map_text.PART_LABELS, map_text.COLORING_LABELS, map_text.KIND_LABELS),
    *(
        map_text.ALARM_LABELS,
        {"": "InfoVAE"},
        tuple(map_export.FILE_DIALOGS["picture"][::2]),
        tuple(map_export.FILE_DIALOGS["table"][::2]),
        toolbar.BACKUP_LABELS,
    ),
    *(attack.HEADERS, attack.HEADER_TOOLTIPS, attack.OUTCOME_LABELS, attack.NEVER),
    *(units.HINTS, legend.NO_EXAMPLE, legend.WRONG_ANSWER, fit_dialog.REDUCTIONS),
    *(CONTRASTS, VIEWS, BORDERS, RANDOM_STARTS, contrast_bar._CONTRAST_HELP, query_choice._HELP),
    *(network_dialog.WEIGHTS, network_dialog.OPTIONS, opening_text.GROUPS),
    *(predictions_text.MEANING_NAMES, predictions_text._NUMBERS),
    *(
        FILTER,
        FILTER_WITH_DOCKS,
        FRAMES_FILTER,
        FILM_FILTER,
        dock_arrangement.TITLES,
        DISPLAY_MODES,
        MARK_ENDINGS,
        SCORE_HELP,
    ),
    *(probe_text.KIND_LABELS, probe_text.AXIS_LABELS, probe_text.AXIS_VALUES),
    *((probe_text.DARK, probe_text.LIGHT), PERTURBATION_TEXTS),
    *(synthesis_text.TIPS, tuple(synthesis_text.TIPS), SEED.help, ROW_NOTES),
    perturb_window.NAMES,
    tuple((lesson.title, lesson.text) for lesson in PLANE_LESSONS.values()),
)
NAMED_KEYS = {"Ctrl", "Shift", "Space", "Home", "End", "PgDown", "PgUp"}

#: Calls whose texts no user sees.
SILENT_CALLS = {
    *("setStyleSheet", "setObjectName", "RuntimeError", "TypeError", "NotImplementedError"),
}
#: Beginnings of texts in functions that no user reads: keys of mail, names of objects, styles.
KEYS = (
    *(
        "activation map",
        "inquiry ",
        "problem ",
        "job ",
        "dnnvis ",
        "<",
        ";",
        "px;",
        "no unit goes ",
    ),
    *("a first and a last board", "Qt gave nothing"),  # errors in the program
)
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,:;]? [A-Za-z]{2,}")


@cache
def table_texts() -> set[str]:
    """The texts of all tables, the glossary among them."""
    keys = {part for key in keymap.KEYS for one in key.keys for part in one.split("+")}
    cards = CARD_TITLES.values()
    texts = {
        *(*keymap.GROUPS, *MENU_TITLES, *theme.THEMES, *_HEADINGS, *keys & NAMED_KEYS),
        *(key.name for key in keymap.KEYS),
        *(key.help for key in keymap.KEYS),
        *(mode.capitalize() for mode in MODE_HELP),
        *MODE_HELP.values(),
        *(card.title for card in cards),
        *(card.dock for card in cards),
        *("Problems", NOTHING_TRAINED, *messages.LENS_TITLES.values(), *PADDING.values(), *COLORS),
        *(hint.text for hint in HINTS.values()),
        *(*MORE, *_TIPS.values(), *WAIT_TEXTS.values(), *HEADINGS.values()),
        *(*step_text.TEXTS.values(), *step_text.VALUES.values(), *step_text.PART_TITLES.values()),
        *(*BOARD_TITLE, PAPERS_TITLE, *(part for title in PLAIN_TITLES.values() for part in title)),
        *(*STATISTICS_TIPS, *STATISTICS_TIPS.values()),
        *(row_title(row, chips) for row in ("with it", "against it") for chips in ((), (1,))),
        *(text for _, *title_and_tip in TAB_KINDS.values() for text in title_and_tip),
        *(CURRENT, *(one.name for one in (*NORMALIZATIONS, *GRAY_NORMALIZATIONS))),
        *(entry.meaning for entries in SECTIONS.values() for entry in entries),
    }
    return {text for text in (*texts, *_flatten(TABLES)) if any(map(str.isalpha, text))}


def _flatten(table: object) -> Iterator[str]:
    """Yield the texts of a table, of dicts the values."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict | tuple):
        for part in table.values() if isinstance(table, dict) else table:
            yield from _flatten(part)


@cache
def called_texts() -> dict[str, str]:
    """Every text in a call that looks it up, with the file; constants of a module count, too."""
    texts = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in _texts_in(path):
            if any(letter.isalpha() for letter in text):
                texts[text] = str(path.relative_to(PACKAGE))
    return texts


def _texts_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    outside = _assigned(tree.body)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = outside | _assigned(list(ast.walk(function)))
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (name := _name_of(call.func)) in CALLS:
                named = [k.value for k in call.keywords if k.arg in ("text", "tip", "name")]
                arguments = call.args[CALLS[name]] + (named if name != "tr" else [])
                for argument in arguments:
                    yield from _literals(argument, names, path)


def _assigned(statements: list[ast.AST] | list[ast.stmt]) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for statement in statements:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            if isinstance(targets[0], ast.Name):
                values.setdefault(targets[0].id, []).append(statement.value)
            elif isinstance(targets[0], ast.Tuple) and isinstance(statement.value, ast.Tuple):
                for one, value in zip(targets[0].elts, statement.value.elts, strict=True):
                    values.setdefault(getattr(one, "id", ""), []).append(value)
    return values


def _name_of(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def _literals(node: ast.expr, names: dict[str, list[ast.expr]], path: Path) -> Iterator[str]:
    """Yield what an argument can be: a text, one of two, a name's values, a text of a module."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Attribute) and _name_of(node.value) in ("messages", "text"):
        own = path.relative_to(PACKAGE.parent).with_name("text").parts
        is_messages = _name_of(node.value) == "messages"
        module = messages if is_messages else importlib.import_module(".".join(own))
        value = getattr(module, node.attr, None)
        values = value.values() if isinstance(value, dict) else (value,)
        yield from (one for one in values if isinstance(one, str))
    else:
        name = _name_of(node)
        others = {key: value for key, value in names.items() if key != name}
        for part in (*names.get(name, ()), *_parts(node)):
            yield from _literals(part, others, path)


def _parts(node: ast.expr) -> list[ast.expr]:
    """What an expression may be: either branch, what a table has, the values of a display."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Subscript | ast.DictComp):
        return [node.value]
    if isinstance(node, ast.Dict):
        return node.values
    return node.elts if isinstance(node, ast.Tuple) else []


def untranslated_texts() -> dict[str, str]:
    """Texts of two words and more in functions of ``app`` that nothing looks up, with the file."""
    known = table_texts() | called_texts().keys()
    found = {}
    for path in sorted((PACKAGE / "app").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent = {id(part) for node in ast.walk(tree) for part in _silent_parts(node)}
        for function in ast.walk(tree):
            for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
                text = node.value if isinstance(node, ast.Constant) else None
                if not isinstance(text, str) or text in known or id(node) in silent:
                    continue
                if TWO_WORDS.search(text) and not text.startswith(KEYS):
                    found[text] = str(path.relative_to(PACKAGE))
    return found


def _silent_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what no user sees: docstrings, types, names of things, errors in the program."""
    parts: list[ast.AST | None] = []
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
        parts = [node.body[0]]
    if isinstance(node, ast.Call) and _name_of(node.func) in SILENT_CALLS:
        parts = [node]
    if isinstance(node, ast.arg | ast.AnnAssign):
        parts = [node.annotation]
    for part in parts:
        if part is not None:
            yield from ast.walk(part)
