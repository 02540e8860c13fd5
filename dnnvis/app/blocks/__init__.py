"""Windows of building blocks and of concepts."""
