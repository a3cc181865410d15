"""What happens on a day and what devices say of it, with the truth to hold a platform against."""
