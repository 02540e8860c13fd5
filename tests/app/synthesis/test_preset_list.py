"""The list of presets: plain words first, the papers' in a fold, and their pictures."""

import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.synthesis.preset_list import PresetList
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.settings_schema import describe_settings


@pytest.fixture
def presets(qtbot: QtBot) -> PresetList:
    made = PresetList(describe_settings())
    qtbot.addWidget(made)
    made.resize(240, 600)
    made.show()
    return made


def visible(presets: PresetList) -> list[str]:
    items = [presets.item(row) for row in range(presets.count())]
    return [item.text().split("\n")[0] for item in items if not item.isHidden()]


def test_plain_words_come_first_and_the_papers_lie_in_a_fold(presets: PresetList) -> None:
    plain = ["Quick", "Standard", "Fine", "Natural", "Classic"]
    assert visible(presets) == [*plain, "▸ As in the papers"]
    chosen: list[str] = []
    presets.chosen.connect(chosen.append)
    presets.itemClicked.emit(presets.item(len(plain)))
    assert len(visible(presets)) == len(PRESETS)  # all but that of boards, and the fold's row
    assert "▾ As in the papers" in visible(presets)
    assert chosen == []
    row = visible(presets).index("Norm ball")
    presets.itemClicked.emit(presets.item(row))
    assert chosen == ["erhan"]
    presets.itemClicked.emit(presets.item(len(plain)))
    assert visible(presets) == [*plain, "▸ As in the papers"]


def test_a_preset_of_a_paper_that_is_on_show_opens_the_fold(presets: PresetList) -> None:
    presets.show_preset("fine")
    assert presets.currentItem().text().startswith("Fine")
    assert "Norm ball" not in visible(presets)
    presets.show_preset("erhan")
    assert presets.currentItem().text() == "Norm ball\nErhan et al. 2009"
    assert "Norm ball" in visible(presets)


def test_cells_are_offered_for_boards_alone(presets: PresetList) -> None:
    assert "Cells" not in visible(presets)
    presets.show_boards(True)
    assert "Cells" in visible(presets)
