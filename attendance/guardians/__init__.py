"""Messages to guardians: who wants to hear what, what became of a student's day, and the letters that say it."""
