"""What is shown, as frozen values: the same for pages, the JSON interface and the live stream."""
