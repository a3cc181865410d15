"""From pixels to counts, crossings and confirmed intrusions; the only room that knows OpenCV."""
