"""The trade, named in the words of the people who do it."""
