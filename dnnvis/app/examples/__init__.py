"""The pictures that excite a unit most or least."""
