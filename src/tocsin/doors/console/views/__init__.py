"""One module per part of the console; each view understands, calls once, answers."""
