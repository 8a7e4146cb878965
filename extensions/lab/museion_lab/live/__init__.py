"""Documents that several people edit at once: who may write, under which name, and for how long."""
