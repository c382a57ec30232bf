"""The herder: turns the state of the cluster into what runs here, and carries out requests."""
