"""All there is to know of speaking to an XCS controller. Nothing outside sees an HTTP response or an untyped payload."""
