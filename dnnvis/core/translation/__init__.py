"""Say the window's sentences in another language: a file of translations for each."""
