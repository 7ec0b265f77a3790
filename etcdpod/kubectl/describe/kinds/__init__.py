"""How each kind other than pods is described."""
