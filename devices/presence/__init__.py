"""Whether a device lives: from its messages to online, late, silent, and what that was over a month."""
