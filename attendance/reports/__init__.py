"""What attendance adds up to: a student's days, insight for teachers, reports of classes and schools."""
