"""The rules that come with the platform, as YAML; `alerts.rules.rulefile` reads them."""
