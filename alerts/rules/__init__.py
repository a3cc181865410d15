"""The rules that come with the platform, as YAML; `alerts.rulefile` reads them."""
