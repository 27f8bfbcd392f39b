"""What is made of the lessons that come with the platform: packages of every kind, handouts."""
