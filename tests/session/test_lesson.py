"""Lessons as files: what is read, and that every complaint names its line."""

from pathlib import Path

import pytest

from dnnvis import guide
from dnnvis.core.errors import BadInput
from dnnvis.session.lesson import (
    COMMANDS,
    MAX_STEPS,
    LessonCommand,
    find_line,
    parse_lesson,
    read_lesson,
)

KNOWN = {"point": ["mosaic", "unit"], "enlarge": ["unit"], "preset": ["live"]}
WHOLE = '''title = "Mine"
about = "Nothing."

[[step]]
text = """
First
  line.
"""

[[step]]
title = "Then"
text = "Second."
wait = "unit"
enlarge = "unit"
unit = "conv1[3]"
mode = "explore"
'''


def test_a_lesson_is_read_with_its_commands_in_their_own_order() -> None:
    lesson = parse_lesson(WHOLE, "mine.toml", KNOWN)
    assert (lesson.title, lesson.about, len(lesson.steps)) == ("Mine", "Nothing.", 2)
    assert lesson.steps[0].text == "First line."
    assert lesson.steps[0].commands == ()
    step = lesson.steps[1]
    assert (step.title, step.wait, step.point) == ("Then", "unit", "")
    names = [command.name for command in step.commands]
    assert names == [name for name in COMMANDS if name in names] == ["mode", "unit", "enlarge"]
    assert step.commands[1] == LessonCommand("unit", "conv1[3]")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('point = "kitchen"', "'point' is one of mosaic, unit, not 'kitchen'"),
        ('preset = "dead"', "'preset' is one of live"),
        ('mode = "sleep"', "'mode' is one of explore, synthesis, time, map"),
        ('wait = "for me"', "'wait' is one of unit, layer"),
        ("unit = -1", "0 or more"),
        ("unit = true", "'unit' is a whole number or text in quotes"),
        ("frozen = 1", "'frozen' is true or false"),
        ("seeds = 2", "'seeds' is one of 1, 9"),
        ("position = 1.5", "between 0 and 1"),
        ('layer = ""', "'layer' is empty"),
        ('sing = "loud"', "a step has no 'sing'"),
        ("title = 3", "'title' is text in quotes"),
        ('network = "net.py:make"', "runs no code"),
        ('network = "os:system"', "runs no code"),
        ('network = "../secret.pt"', "beside the lesson"),
        ('network = "/etc/passwd"', "beside the lesson"),
        ('source = "webcam:0"', "opens no camera"),
        ('source = "https://a.b/c.png"', "opens no camera"),
        ('source = "a/../../b.png"', "beside the lesson"),
        ('source = "plane:/etc/x.csv"', "beside the lesson"),
        ('network = "mlp-2d:../x"', "says nothing about mlp-2d"),
        ('source = "C:\\\\\\\\b.png"', "beside the lesson"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line: str, complaint: str) -> None:
    text = f'title = "t"\n\n[[step]]\ntext = """\nmode = "no key"\n[[step]]\n"""\n{line}\n'
    with pytest.raises(BadInput) as caught:
        parse_lesson(text, "mine.toml", KNOWN)
    assert str(caught.value).startswith("mine.toml, line 8 (step 1): ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = 'a\n", "line 1"),
        ('title = "t"\n[[step]]\ntext = "a"\nunit = = 3\n', "line 4"),
        ("", "a lesson has steps"),
        ('title = "t"\nstep = 3\n', "line 2: a lesson has steps"),
        ('[[step]]\ntext = "a"\n', "a lesson has a title"),
        ('title = "t"\nauthor = "me"\n[[step]]\ntext = "a"\n', "line 2: a lesson has no 'author'"),
        ('title = "t"\n[[step]]\nunit = 3\n', "line 2 (step 1): a step has a text"),
        (f'title = "t"\n[[step]]\ntext = "{"a " * 400}"\n', "799 letters"),
        ('title = "t"\n' + '[[step]]\ntext = "a"\n' * (MAX_STEPS + 1), "between 1 and 100 steps"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "not TOML: a number has thousands of digits."),
        ('a = "b"\nc = d\n', "not TOML: line 2, column 5: there is no value that TOML knows"),
        ("a = 1\na = 2\nb = 3", "a key or table stands a second time"),
        ('a = "b', "not TOML: its end, line 1: a text has no closing quote."),
        ('a = "b\x01"', "line 1, column 7: there is a character that TOML does not allow."),
        ("title 3", "line 1, column 7: there is no = behind a key."),
        ("a = 1 2\n", "line 1, column 7: a line goes on behind its value."),
        ("a = {b = 1", "a bracket is not closed."),
    ],
)
def test_what_is_no_lesson_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint.replace("(", r"\(").replace(")", r"\)")):
        parse_lesson(text, "mine.toml", KNOWN)


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_lesson(tmp_path / "none.toml", KNOWN)
    file = tmp_path / "latin.toml"
    file.write_bytes("title = 'Übung'".encode("latin-1"))
    with pytest.raises(BadInput, match="UTF-8"):
        read_lesson(file, KNOWN)
    file.write_bytes(b" " * (1 << 21))
    with pytest.raises(BadInput, match="larger"):
        read_lesson(file, KNOWN)
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert read_lesson(file, KNOWN).folder == tmp_path


def test_a_line_is_found_outside_of_texts_of_several_lines() -> None:
    assert [find_line(WHOLE, k, "text") for k in (0, 1)] == [5, 12]
    assert find_line(WHOLE, None, "about") == 2
    assert find_line(WHOLE, 1) == 10
    assert find_line(WHOLE, 0, "mode") == 4


@pytest.mark.parametrize("name", guide.list_lessons())
def test_a_lesson_that_ships_can_be_read(name: str) -> None:
    lesson = read_lesson(guide.find_lesson(name), {})
    assert lesson.title.endswith("?")
    assert 5 <= len(lesson.steps) <= 10
    assert all(step.point for step in lesson.steps)


def test_the_page_of_the_guide_has_every_command() -> None:
    text = guide.read_page("lessons")
    for name, rule in COMMANDS.items():
        assert f"| `{name}` | {rule.help}" in text, name


def test_a_lesson_may_open_a_network_over_the_plane() -> None:
    text = 'title = "t"\n[[step]]\ntext = "a"\nnetwork = "mlp-2d:8-8,relu"\nsource = "plane:xor"\n'
    (step,) = parse_lesson(text, "mine.toml", KNOWN).steps
    assert [command.value for command in step.commands] == ["mlp-2d:8-8,relu", "plane:xor"]
