"""The pages, one module each; the markup is in `dashboards/templates`, the behaviour in `dashboards/static`."""
