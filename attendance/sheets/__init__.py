"""CSV sheets row by row, and the sheets a school keeps beside its roster."""
