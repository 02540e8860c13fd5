"""A library as HTML pages."""
