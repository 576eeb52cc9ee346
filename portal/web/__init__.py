"""HTTP in, one use case, one template out."""
