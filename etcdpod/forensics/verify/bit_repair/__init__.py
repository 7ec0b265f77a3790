"""The search for the one flipped bit that explains a defect."""
