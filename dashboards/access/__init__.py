"""Who may see and do what: accounts, sessions, roles, throttling, origin checks and the access log."""
