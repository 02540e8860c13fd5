"""The window itself: docks, menus, keys, bars, dialogs."""
