"""Rules that join what devices say with timetable, calendar and leave: one small class each."""
