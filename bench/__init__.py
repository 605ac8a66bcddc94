"""How fast and how large: each bench stands its figure beside another one taken in the same run."""
