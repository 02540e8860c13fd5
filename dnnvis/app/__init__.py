"""What is drawn, and what was clicked? The only room that knows Qt."""
