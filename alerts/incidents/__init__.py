"""An evacuation, a lockdown or a drill: the muster, its report, its message to the outside."""
