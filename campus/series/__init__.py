"""Time series: one protocol, an embedded store and InfluxDB 2."""
