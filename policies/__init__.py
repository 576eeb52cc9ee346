"""Who may do what, as text that a lawyer can read beside the paragraph it carries out."""
