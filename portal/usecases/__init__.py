"""What people do, one plain function for each act."""
