"""What the letters with Alt open."""

from PyQt6.QtGui import QKeySequence

from dnnvis.app.shell.keymap import KEYS
from dnnvis.app.shell.menus import MENU_TITLES, mark_letter


def test_no_menu_takes_a_letter_that_a_key_or_another_menu_has() -> None:
    taken = {QKeySequence(key).toString() for row in KEYS for key in row.keys}
    letters = {"s"}
    titles = [mark_letter(title, letters) for title in MENU_TITLES]
    marked = [QKeySequence.mnemonic(title).toString() for title in titles]
    assert len(set(marked)) == len(MENU_TITLES)
    assert not set(marked) & taken
    assert mark_letter("Source", {"s"}) == "S&ource"
    assert mark_letter("12 ab", {"1", "a"}) == "1&2 ab"
    assert mark_letter("aa", {"a"}) == "aa"
