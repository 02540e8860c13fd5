"""Save pictures of the window and its state, and say where they are."""
