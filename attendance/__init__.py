"""Who was at school: roster, timetable, sessions, the roll and its reasons."""
