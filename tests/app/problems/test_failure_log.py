"""Failures listed, equal ones and frames that fail one after the other counted on one line."""

from dnnvis.app.problems.failure_log import add_failure, format_line
from dnnvis.core.messages import Failure


def test_frames_that_fail_in_a_row_are_one_line_whatever_their_sentence() -> None:
    entries = add_failure((), Failure("a note", kind="Note"), "12:00:00")
    for count in range(1, 13):
        failure = Failure(f"size {count} is wrong", kind="BadInput", in_row=count)
        entries = add_failure(entries, failure, f"12:00:{count:02}")
    assert len(entries) == 2
    assert format_line(entries[0]) == (
        "12:00:01–12:00:12  size 12 is wrong  (failed 12 times in a row)"
    )


def test_a_row_that_begins_again_is_a_new_line_where_it_says_something_else() -> None:
    first = Failure("one", kind="BadInput", in_row=2)
    entries = add_failure((), first, "12:00:00")
    entries = add_failure(entries, Failure("other", kind="BadInput", in_row=1), "12:00:05")
    assert [format_line(entry) for entry in entries] == [
        "12:00:05  other",
        "12:00:00  one  (failed 2 times in a row)",
    ]


def test_equal_failures_that_are_no_frames_are_counted_as_before() -> None:
    entries = add_failure((), Failure("no camera"), "12:00:00")
    entries = add_failure(entries, Failure("no camera"), "12:00:09")
    assert format_line(entries[0]) == "12:00:00–12:00:09  no camera  (2 times)"
