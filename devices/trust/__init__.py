"""Who may speak for a device: enrolment, accounts at the broker, the platform's small certificate authority."""
