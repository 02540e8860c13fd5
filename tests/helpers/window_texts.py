"""Collect every English text that the window looks up: from its tables, and from calls of tr."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from dnnvis.app.activation_map.tabs.tabs import TAB_KINDS
from dnnvis.app.kernels.text import PADDING
from dnnvis.app.shell import keymap
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
from dnnvis.app.synthesis.preset_titles import BOARD_TITLE, PAPERS_TITLE, PLAIN_TITLES
from dnnvis.app.training.track_row import NOTHING_TRAINED
from dnnvis.app.widgets import messages, theme
from dnnvis.guide.glossary import SECTIONS
from dnnvis.lenses.normalization_check import CURRENT, GRAY_NORMALIZATIONS, NORMALIZATIONS
from dnnvis.session import step_text
from dnnvis.session.modes import MODE_HELP

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
    "_bind_combo": slice(0, 2),
    "_bind_number": slice(0, 1),
}
NAMED_KEYS = {"Ctrl", "Shift", "Space", "Home", "End", "PgDown", "PgUp"}


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
    return texts - {""}


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
