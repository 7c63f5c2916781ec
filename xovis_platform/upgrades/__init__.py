"""What a release had of migrations, and whether its code could live with those that came since."""
