"""Keep what a pass changes outside of its answer."""
