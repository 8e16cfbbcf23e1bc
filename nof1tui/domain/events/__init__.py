"""Events: differences between account rows, derived as rows arrive in any order."""
