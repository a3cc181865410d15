"""What people see: access, pages, API and the live stream."""
