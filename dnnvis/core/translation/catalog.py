"""Look the window's sentences up in the language that is on; the code has them in English.

A language is a file ``de.ts`` beside this one, as Qt Linguist reads and writes it. A sentence that
the file does not have stays English. Only what the window shows is translated: no file, no command,
no name in a file.
"""

import re
import string
from numbers import Real
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from dnnvis.core.errors import BadInput

#: Every language, by its code, called as it calls itself.
LANGUAGES = {"en": "English", "de": "Deutsch"}
ENGLISH = "en"  # what stands in the code
#: What stands between thousands and before decimals, where it is not as in English.
SEPARATORS = {"de": (".", ",")}
TRANSLATIONS = tuple(language for language in LANGUAGES if language != ENGLISH)
FOLDER = Path(__file__).parent
MAX_FILE_BYTES = 1 << 22
_FORMAT_ERRORS = (LookupError, ValueError, AttributeError, TypeError)


class Catalog:
    """The translations of one language; those of the one that is on are ``ACTIVE``."""

    def __init__(self) -> None:
        self.language = ENGLISH
        self._texts: dict[str, str] = {}

    def load(self, language: str) -> None:
        """Take the translations of a language; an unknown one, or a broken file, means English."""
        self.language, self._texts = ENGLISH, {}
        if language == ENGLISH or language not in LANGUAGES:
            return
        try:
            self._texts = read_translations(FOLDER / f"{language}.ts")
        except BadInput:
            return
        self.language = language

    def find(self, text: str) -> str | None:
        """Return the translation of a text; None where there is none."""
        return self._texts.get(text)


ACTIVE = Catalog()


def set_language(language: str) -> None:
    """Show the window's sentences in that language from now on; it is on for the whole process."""
    ACTIVE.load(language)


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language that is on, with ``values`` in its {placeholders}.

    A text without a translation stays English, also where its translation cannot be filled in.
    """
    translation = ACTIVE.find(text)
    if not values:
        return text if translation is None else translation
    try:
        if translation is not None:
            return _LOCALIZED.vformat(translation, (), values)
    except _FORMAT_ERRORS:
        pass
    try:
        return text.format_map(values)
    except _FORMAT_ERRORS:
        return text


def localize_number(text: str) -> str:
    """Write the separators of an English number, 1,234.5 or .5, as the active language does."""
    separators = SEPARATORS.get(ACTIVE.language)
    if separators is None:
        return text
    signs = dict(zip(",.", separators, strict=True))
    whole = re.sub(r"(?<!\d)\.(?=\d)", "0.", text)
    return re.sub(r"(?<=\d)[.,](?=\d)", lambda sign: signs[sign[0]], whole)


class _LocalizedFormatter(string.Formatter):
    """Fill a template in as ``str.format`` does, with numbers as the active language has them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        return localize_number(text) if isinstance(value, Real) else text


_LOCALIZED = _LocalizedFormatter()


def choose_language(choice: str, system: str) -> str:
    """Return the code of the language to show.

    Args:
        choice: What the user chose; "" for the system's.
        system: Name of the system's language, such as ``de_AT``.
    """
    language = choice or system.replace("-", "_").partition("_")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def read_translations(path: Path) -> dict[str, str]:
    """Return the finished translations in a ``.ts`` file, by their English texts.

    Raises:
        BadInput: It cannot be read, or it is none.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"{path} is larger than a file of translations can be (4 MB).")
        text = path.read_text(encoding="utf-8")
        if "<!ENTITY" in text:  # entities that name each other fill the memory
            raise BadInput(f"{path} defines entities, which a file of translations may not.")
        root = ElementTree.fromstring(text)
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise BadInput(f"The translations in {path} cannot be read: {error}.") from None
    translations = {}
    for message in root.iter("message"):
        source, translation = message.find("source"), message.find("translation")
        is_finished = translation is not None and "type" not in translation.attrib
        if source is not None and source.text and translation is not None and is_finished:
            translations[source.text] = translation.text or source.text
    return translations
