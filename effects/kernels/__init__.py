"""The compiled ground under every effect: the kernel type, the runner, and the maths they share."""
