"""Points on a plane, and the plane as a source."""
