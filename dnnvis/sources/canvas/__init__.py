"""A canvas on which an automaton grows: its state, its strokes, its targets."""
