"""Object stores, which keep sealed files under random names."""
