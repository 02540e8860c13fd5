"""The frame that the network sees, and the board to paint on."""
