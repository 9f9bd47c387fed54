"""What a record is: levels, a bounded copy without secrets, trace ids, JSON. Knows nobody."""
