"""Tables of pictures, as the library `datasets` writes them."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text


def test_a_table_gives_its_pictures_with_the_names_of_their_classes(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="parquet needs pyarrow")
    pytest.importorskip("pyarrow.parquet")
    pixels = np.random.default_rng(0).integers(0, 256, (10, 6, 8, 3), dtype=np.uint8)
    rows = []
    for picture in pixels:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        rows.append({"bytes": file.getvalue(), "path": None})
    labels = [k % 2 for k in range(10)]
    table = pyarrow.table({"image": rows, "label": labels})
    names = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(names)})
    for shard in range(2):
        part = table.slice(6 * shard, 6)
        pyarrow.parquet.write_table(part, tmp_path / f"train-{shard}.parquet", row_group_size=4)
    assert source_from_text(str(tmp_path))[0] == "examples"
    data = open_data(tmp_path)
    assert len(data) == 10
    for n in (9, 0, 5, 6, 3):
        read, origin = data.read(n)
        np.testing.assert_array_equal(read, pixels[n])
        assert origin.label == ["cat", "dog"][n % 2]
    data.close()


def test_without_its_library_the_sentence_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInput, match="pip install pyarrow"):
        open_data(tmp_path / "a.parquet")
