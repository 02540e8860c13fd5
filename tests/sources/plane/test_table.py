from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.plane.table import read_table

ROWS = "2,10,yes\n4,20,no\n6,40,yes\n4,30,no\n"


def write(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_stretched_to_the_plane(tmp_path: Path) -> None:
    data = read_table(str(write(tmp_path, "width,height,good\n" + ROWS)))
    assert data.axes == ("width", "height")
    assert data.classes == ("no", "yes")
    np.testing.assert_allclose(data.points[:, 0], [-5, 0, 5, 0])
    np.testing.assert_allclose(data.points[:, 1], [-5, -5 / 3, 5, 5 / 3], atol=1e-6)
    np.testing.assert_array_equal(data.labels, [1, -1, 1, -1])
    assert data.ranges[0] == pytest.approx((1.6, 6.4))  # what -6 and 6 are in its own units


def test_without_a_header_columns_have_numbers(tmp_path: Path) -> None:
    assert read_table(str(write(tmp_path, ROWS))).axes == ("1", "2")


@pytest.mark.parametrize("names", ["a,c,d", "1,3,4"])
def test_columns_can_be_named(tmp_path: Path, names: str) -> None:
    text = "a;b;c;d\n1;x;5;0\n2;y;6;1\n3;z;7;0\n2;w;8;1\n"
    data = read_table(f"{write(tmp_path, text)}#{names}")
    assert data.axes == ("a", "c")
    np.testing.assert_allclose(data.points[:, 1], [-5, -5 / 3, 5 / 3, 5], atol=1e-6)


def test_text_columns_before_the_label_are_passed_over(tmp_path: Path) -> None:
    text = "name,a,b,kind\n" + "".join(f"n{k},{k},{k * k},{k % 2}\n" for k in range(6))
    assert read_table(str(write(tmp_path, text))).axes == ("a", "b")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no rows"),
        ("x,y,l\n1,2,a\nfoo,3,b\n1,1,a\n2,2,b\n", "line 3: column x holds 'foo'"),
        ("x,y,l\n1,2,a\n2,nan,b\n1,1,a\n2,2,b\n", "line 3: column y holds 'nan'"),
        ("x,y,l\n1,2,a\n2,inf,b\n1,1,a\n2,2,b\n", "column y holds 'inf'"),
        ("x,y,l\n1,2,a\n2,,b\n1,1,a\n2,2,b\n", "column y holds nothing"),
        ("x,y,l\n1,2,a\n1,3,b\n1,4,a\n1,5,b\n", "all values in column x are 1"),
        ("x,y,l\n1,2,a\n2,3,b\n3,4,c\n4,5,a\n", "3 kinds .*'a', 'b', 'c'"),
        ("x,y,l\n1,2,a\n2,3,a\n3,4,a\n4,5,a\n", "1 kind "),
        ("x,y,l\n1,,a\n2,3,b\n1,1,a\n2,2,b\n", "line 2: column y holds nothing"),
        ("x,y,l\n1,0x1,a\n2,3,b\n1,1,a\n2,2,b\n", "line 2: column y holds '0x1'"),
        ("x\n1\n2\n3\n4\n", "has one column; three are needed"),
        ("x,y,l\n1,2,a\n", "1 row of values"),
        ("x,y,l\n1,2,a\n2,3,b\n", "2 rows of values"),
        ("x,y,l\n1,2\n", "line 2: 2 columns where the first has 3"),
        ("a,b\n1,2\n1,2\n1,2\n1,2\n", "three are needed"),
        ("k,l,m\nu,v,w\nu,v,w\nu,v,w\nu,v,w\n", "no two columns of numbers"),
    ],
)
def test_what_is_no_table_of_points_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_table(str(write(tmp_path, text)))


def test_a_missing_column_is_said_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y,l\n" + ROWS)
    with pytest.raises(BadInput, match="no column z; it has x, y, l"):
        read_table(f"{path}#x,z,l")
    with pytest.raises(BadInput, match="three columns"):
        read_table(f"{path}#x,y")


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"\xff\xfe\x00\x80,1,2\n")
    with pytest.raises(BadInput, match="no text in UTF-8"):
        read_table(str(path))


@pytest.mark.parametrize("header", ["a;b;c\n", ""])
def test_numbers_between_semicolons_may_have_decimal_commas(tmp_path: Path, header: str) -> None:
    commas = header + "1,5;2,5;x\n-0,5;3,5;y\n2;3;x\n4;5;y\n"
    points = commas.replace(",", ".").replace(";", ",")
    first, second = (
        read_table(str(write(tmp_path, text, f"{k}.csv")))
        for k, text in enumerate((commas, points))
    )
    np.testing.assert_array_equal(first.points, second.points)
    assert first.ranges == second.ranges


def test_nearly_equal_values_stay_on_the_plane(tmp_path: Path) -> None:
    rows = "1000000000000,1,a\n1000000000000.0001,2,b\n1000000000000,3,a\n1000000000000,4,b\n"
    assert np.abs(read_table(str(write(tmp_path, rows))).points).max() <= 5
