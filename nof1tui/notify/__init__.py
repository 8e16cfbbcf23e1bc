"""How alerts leave the program: a command of the user's, a webhook."""
