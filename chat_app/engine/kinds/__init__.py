"""What each node kind does, one file each."""
