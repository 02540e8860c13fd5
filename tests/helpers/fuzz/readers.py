"""All kinds of files that are fuzzed."""

from helpers.fuzz import data_files, own_files, picture_files, weight_files
from helpers.fuzz.reader import Reader

READERS: dict[str, Reader] = {
    **weight_files.READERS,
    **picture_files.READERS,
    **data_files.READERS,
    **own_files.READERS,
}
