"""The city: districts and schools on a map, what each needs, and who may see which of them."""
