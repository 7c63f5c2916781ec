"""What is said of a controller that couldn't be asked, in the language of whoever reads it.

``ControllerError`` speaks English, in which it's stored, logged and answered to programs. A test holds this list to all that
is raised.
"""

from __future__ import annotations

from sites_app.sentences import Sentences

SENTENCES = Sentences(
    # The wire
    "The address can't be used: write it as http(s)://HOST[:PORT] and the path of the API, without a user name.",
    "The address can't be used: write it as https://HOST[:PORT]/PATH, without a user name.",
    "{host} is {address}, {what}: correct it.",
    "an address that no controller can have",
    "an address that isn't connected to from here",
    "The name server didn't answer when asked for {host}: check the DNS here.",
    "The name {host} isn't found: check how it is written, and the DNS here.",
    "{host} took no connection within {seconds} s: the controller is off, or a firewall is in between.",
    "{host} refused the connection: check the port, and that the controller runs.",
    "{host} can't be reached from here: {why}.",
    "{host} was reached, but its answer didn't come in time ({silence} s of silence or {total} s in all): the controller or "
    "the line is overloaded.",
    "{host} closed the connection without an answer: it may be restarting.",
    "{host} closed the connection without an answer.",
    "{host} closed the connection while TLS began: it may be restarting.",
    "{host} doesn't speak TLS as we do ({why}): is it http, not https?",
    "The CA certificate of this controller can't be read: give it as PEM.",
    "The certificate of {host} {wrong}.",
    "isn't valid yet: check the clocks of both sides",
    "has expired: renew it",
    "is made out to another name: use that name in the address, or renew the certificate",
    "is signed by nobody known here: give the CA's certificate, or switch off TLS verification for this controller",
    "The answer of {host} was cut off after {bytes} bytes.",
    "{host} answered with more than {bytes} bytes: ask for a shorter window.",
    "The answer of {host} isn't compressed as it says.",
    "{host} doesn't speak HTTP: check the port.",
    "The answer points to another address, which isn't followed, so as not to carry the key there: correct the address (http "
    "or https? port?).{target}",
    " It points to {location}.",
    "Asked too often.{quoted}",
    "The controller has a fault of its own ({status}).{quoted}",
    " XCS says: {said}",
    # An XCS
    "The key is empty, or has characters that none has: type in the one that XCS shows.",
    "The key was rejected: type in the one that XCS shows.{quoted}",
    "{status}, but not by an XCS: check that the address, port and /api/v1 are right.",
    "This feature isn't enabled in XCS.{quoted}",
    "The controller knows no such zone or endpoint; its firmware may be older.{quoted}",
    "The controller takes the request for wrong.{quoted}",
    "The controller answered {status}, which an XCS doesn't.{quoted}",
    "The answer is empty: something between here and the controller may have swallowed it.",
    "A web page came instead of data: check that the address, port and /api/v1 are the XCS's.",
    "The answer isn't an XCS's: its timestamp or data are missing.",
    "The answer isn't an XCS's: {why}",
    "The answer says 200, but its status isn't success.",
    "More than {count} rows can't be read; the first: {why}",
    "Some rows of its answer can't be read, the first because: {why} They are kept in quarantine and asked for again.",
    # A Xovis sensor
    "The key is not of the form user:password: type in a login of the sensor.",
    "The login was rejected: type in user:password as the sensor has it.",
    "This user may not read the counts: give a user with the rights to.",
    "The sensor has no such endpoint; its firmware may be older.",
    "The sensor takes the request for wrong.",
    "The sensor answered {status}.",
    "A web page came instead of data: check that the address and /api/v5 are right.",
    "Nothing is counted there: check that the address, port and /api/v5 are right.",
    "The answer isn't a Xovis sensor's: {why}",
    "The sensor says that its clock is wrong ({clock}): check its time server.",
    "The sensor says that it isn't well: look at its own page.",
    # Here
    "A stored secret can't be decrypted: its key is missing from XOVIS_ENCRYPTION_KEYS.",
    "A fault of the platform's own, which its log tells of ({fault}).",
    "It could not be asked; the log says why.",
)


def spoken(text: str) -> str:
    """In the reader's language, a sentence about a controller."""
    return SENTENCES.spoken(text)
