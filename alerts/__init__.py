"""What deserves a person: rules, alarm life cycle, outbox, notifiers."""
