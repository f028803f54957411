"""Workflows of other programs, read into ours: what maps is taken over, what does not is listed."""
