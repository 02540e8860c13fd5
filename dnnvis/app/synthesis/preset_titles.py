"""What the window calls the presets of the synthesis, and their pictures."""

from dataclasses import dataclass
from pathlib import Path

from dnnvis.core.lens_settings import LensSettings, Preset
from dnnvis.core.translation.catalog import tr

#: Presets for everyday use: what each is called, and what it is good for.
PLAIN_TITLES = {
    "live": ("Quick", "a first look"),
    "default": ("Standard", "steadier"),
    "fine": ("Fine", "all of it filled"),
    "maco": ("Natural", "like photographs"),
    "lucid": ("Classic", "as Lucid does it"),
}
BOARD_PRESET, BOARD_TITLE = "board", ("Cells", "dead or alive")
PAPERS_TITLE = "As in the papers"
PICTURES = Path(__file__).with_name("preset_pictures")


@dataclass(frozen=True)
class PresetTitle:
    """How one preset is listed."""

    #: Its name in files and commands.
    name: str
    #: What the window calls it.
    title: str
    #: One line below the title.
    line: str
    #: Whether it is listed among those of the papers.
    of_paper: bool


def title_preset(preset: Preset) -> PresetTitle:
    """Return how a preset is listed: in plain words, or by its paper."""
    if preset.name == BOARD_PRESET or preset.name in PLAIN_TITLES:
        title, line = PLAIN_TITLES.get(preset.name, BOARD_TITLE)
        return PresetTitle(preset.name, tr(title), tr(line), False)
    paper = preset.source.partition(",")[0].partition(":")[0]
    return PresetTitle(preset.name, preset.title or preset.name, paper, True)


def list_titles(settings: LensSettings, *, boards: bool) -> list[PresetTitle]:
    """Return the presets in the order of the list, those of the papers last.

    Args:
        settings: All presets.
        boards: Whether the network takes boards; the preset for cells is for those alone.
    """
    titles = [
        title_preset(preset) for preset in settings.presets if boards or preset.name != BOARD_PRESET
    ]
    order = [*PLAIN_TITLES, BOARD_PRESET]
    plain = sorted((t for t in titles if not t.of_paper), key=lambda t: order.index(t.name))
    return plain + [title for title in titles if title.of_paper]


def picture_path(name: str) -> Path | None:
    """Return the file of a preset's picture; None where there is none."""
    path = PICTURES / f"{name}.jpg"
    return path if path.is_file() else None
