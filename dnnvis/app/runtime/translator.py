"""Let Qt ask the window's own translations, and bring Qt's own."""

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from dnnvis.core.translation.catalog import ACTIVE, ENGLISH, choose_language, set_language


class CatalogTranslator(QTranslator):
    """Answers ``QObject.tr`` and ``QCoreApplication.translate`` out of the active catalog."""

    def translate(  # type: ignore[override]  # the stubs know no null text
        self,
        context: str | None,
        sourceText: str | None,  # noqa: N803, as Qt calls it
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str | None:
        """Return the translation of a text; None leaves it to other translators."""
        return ACTIVE.find(sourceText or "")

    def isEmpty(self) -> bool:
        """Return that there are translations; Qt asks no empty translator."""
        return False


def install_language(
    application: QCoreApplication, choice: str, *, system: bool
) -> tuple[QTranslator, ...]:
    """Show the window in a language; in windows that are open already nothing changes.

    Args:
        application: The one application.
        choice: Code of the language; "" for the system's.
        system: Whether the system's language counts; where not, "" is English.

    Returns:
        What Qt translates with; nothing for English.
    """
    set_language(choose_language(choice, QLocale.system().name() if system else ENGLISH))
    QLocale.setDefault(QLocale(ACTIVE.language))  # fields read numbers as they are shown
    if ACTIVE.language == ENGLISH:
        return ()
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    of_qt, own = QTranslator(application), CatalogTranslator(application)
    of_qt.load(f"qtbase_{ACTIVE.language}", folder)  # not everywhere there
    for each in (of_qt, own):
        application.installTranslator(each)
    return of_qt, own
