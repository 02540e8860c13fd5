"""Files whose names are no text."""

import os
import sys
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="this system takes no names that are not UTF-8"
)


def test_a_picture_with_a_name_that_is_no_text_is_skipped_and_listed(
    library: Library, network: Network, pictures: Path
) -> None:
    os.rename(pictures / "000.png", os.fsencode(pictures) + b"/bad\xff.png")
    found = scan(network, pictures, library, layers=["conv1"])
    name = f"{pictures}/bad\N{REPLACEMENT CHARACTER}.png"
    assert len(found.skipped) == 4
    assert "rename it" in found.skipped[name]
    (kept,) = library.scans()
    assert name in kept.skipped
    assert len(library.top("conv1[0]")) == 9


def test_a_folder_with_a_name_that_is_no_text_is_refused(pictures: Path) -> None:
    odd = os.fsdecode(os.fsencode(pictures) + b"-\xff")
    pictures.rename(odd)
    with pytest.raises(BadInput, match="rename it") as error:
        open_data(odd)
    str(error.value).encode()
