"""What devices are told: commands, configurations by revision, roll-outs of one to many."""
