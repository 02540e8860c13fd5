"""Notes and bookmarks on their way, as values."""

from dnnvis.core.notes import Mark, SavedNotes, add_mark


def test_a_later_mark_of_the_same_unit_takes_the_place_of_the_first() -> None:
    marks = ()
    for mark in (Mark("net", "a[1]", "one"), Mark("net", "b[2]", "two"), Mark("net", "a[1]", "on")):
        marks = add_mark(marks, mark)
    assert marks == (Mark("net", "b[2]", "two"), Mark("net", "a[1]", "on"))


def test_a_note_and_a_bookmark_of_one_unit_are_one_mark() -> None:
    first = Mark("net", "a[1]", text="one")
    assert add_mark((first,), Mark("net", "a[1]", bookmarked=True)) == (
        Mark("net", "a[1]", "one", True),
    )
    assert first.then(Mark("net", "a[1]", bookmarked=False)).then(first).bookmarked is False


def test_the_same_unit_of_another_network_is_another() -> None:
    assert len(add_mark((Mark("net", "a[1]", "one"),), Mark("other", "a[1]", "two"))) == 2


def test_what_will_be_written_is_known_before_it_is() -> None:
    noted = SavedNotes("net", {"a[1]": "one", "b[2]": "two"}, ("b[2]", "c[3]"))
    marks = (
        Mark("net", "a[1]", " "),
        Mark("net", "d[4]", "four", True),
        Mark("net", "b[2]", bookmarked=False),
        Mark("other", "c[3]", "no", False),
        Mark("net", "c[3]", bookmarked=True),
    )
    after = noted.after(marks)
    assert after.notes == {"b[2]": "two", "d[4]": "four"}
    assert after.bookmarks == ("c[3]", "d[4]")
    assert noted.notes["a[1]"] == "one"
