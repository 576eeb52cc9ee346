"""Papers to take along: what a dialogue says, as PDF and as DOCX, made in memory alone."""
