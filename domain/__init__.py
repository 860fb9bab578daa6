"""What is true and what is allowed: states, facts, commands. Knows no library."""
