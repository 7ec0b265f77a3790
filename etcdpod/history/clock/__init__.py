"""When revisions were written: intervals from the times that objects carry."""
