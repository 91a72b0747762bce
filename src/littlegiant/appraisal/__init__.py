"""What each firm may claim and what it would be worth: entitlements now, options of an award call later."""
