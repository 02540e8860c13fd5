"""What is to be opened: the dialog of a network, and the menus of networks and recent ones."""
