"""Rules about controllers and what they manage."""
