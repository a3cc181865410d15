"""`campus demo`: its folder, its people, its days."""
