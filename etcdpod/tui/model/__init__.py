"""What the screens show, without a screen: no module in here imports Textual."""
