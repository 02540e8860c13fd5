"""Export a library as HTML pages."""
