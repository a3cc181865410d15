"""What kind of day a date is and which lessons it has: terms and weeks, holidays, feeds, exams."""
