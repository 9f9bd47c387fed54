"""The queue, the one thread, and what happens when a process forks or ends. Knows records and ways."""
