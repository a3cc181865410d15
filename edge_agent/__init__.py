"""The program beside cameras, gates, labs and sensors."""
