"""How people come in: passwords, second factors, single sign-on, sessions. The pages and their addresses are the portal's."""
