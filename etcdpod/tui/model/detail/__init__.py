"""What the pane below the table shows of one object."""
