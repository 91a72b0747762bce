"""What an outsider runs to check a published round; imports nothing of littlegiant."""
