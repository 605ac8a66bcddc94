"""What a thing costs, and whose bill it is: this changes when the two are told apart otherwise."""
