"""How well a device does its work, by kind: pure functions over windows of its series giving findings, a score."""
