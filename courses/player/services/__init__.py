"""Every change to what learners do; each locks the registration first, so that none deadlocks."""
