"""The table of actions: one for each key, run without a window."""

from types import SimpleNamespace
from typing import Any

import pytest

from dnnvis.app.shell import actions, keymap
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.menus import FOCUS_ACTIONS
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import COLORMAPS, State


def context(view: Any = None) -> ActionContext:
    return ActionContext(Session(State()), SimpleNamespace(info=None), view)  # type: ignore[arg-type]


def test_every_key_binding_has_its_action_and_every_body_is_bound() -> None:
    assert [action.id for action in actions.ACTIONS] == [key.function for key in keymap.KEYS]
    assert set(actions._RUNS) == {key.function for key in keymap.KEYS}
    assert {action.menu for action in actions.ACTIONS} == set(keymap.GROUPS)
    assert set(FOCUS_ACTIONS) < {action.id for action in actions.ACTIONS}


def test_no_key_stands_for_two_actions() -> None:
    shortcuts = [key for action in actions.ACTIONS for key in action.shortcuts]
    assert len(set(shortcuts)) == len(shortcuts) > 60


def test_a_cycle_comes_back_to_where_it_began_and_its_reverse_undoes_it() -> None:
    where = context()
    first, shown = where.state.colours, []
    for _ in COLORMAPS:
        actions.run_action(where, "next_colormap")
        shown.append(where.state.colours)
    assert sorted(shown) == sorted(COLORMAPS)
    assert shown[-1] == first
    actions.run_action(where, "previous_colormap")
    assert where.state.colours == shown[-2]


def test_close_asks_the_window_and_leaves_the_selection() -> None:
    closed: list[str] = []
    where = context(SimpleNamespace(close_open=lambda: closed.append("what is open")))
    where.session.select(Unit("1", 2))
    actions.run_action(where, "close")
    assert (closed, where.state.unit) == (["what is open"], Unit("1", 2))
    actions.run_action(where, "reset")
    assert where.state.unit is None


def test_an_id_that_no_action_has_is_refused() -> None:
    with pytest.raises(KeyError):
        actions.run_action(context(), "dance")
