"""How moments are written where Django writes them by itself: on the desk."""
