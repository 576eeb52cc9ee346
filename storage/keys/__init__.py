"""Key providers, which wrap and unwrap room keys."""
