"""How the admin and letters write dates and times: as the portal does, and an instant with the name of its clock."""
