"""The parts that screens are made of; each is given finished data and reports what is chosen."""
