"""The school itself: people, timetable, campus, devices, and the files it would be imported from."""
