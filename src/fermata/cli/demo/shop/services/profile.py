"""The profile service: who a customer is, and what discount they have."""
# ruff: noqa: INP001 - a script started by path, not a package

from __future__ import annotations

from httpd import LOG, Reply, Request, Server, read_number, start_log  # type: ignore[import-not-found] # lies beside this script

COUNTRIES = ("DE", "SE", "JP", "JO", "BR")
CUSTOMERS = 500


def find_customer(request: Request) -> Reply:
    """Answer /customers/<number> with the customer, or 404."""
    if not request.rest.isdecimal() or int(request.rest) >= CUSTOMERS:
        return Reply(404, {"error": f"no customer {request.rest}"})
    number = int(request.rest)
    country = COUNTRIES[number % len(COUNTRIES)]
    return Reply(200, {"customer": number, "country": country, "discount_percent": 5 * (number % 3)})


def main() -> None:
    """Serve until the process is told to stop."""
    start_log("profile")
    port = read_number("PROFILE_PORT")
    server = Server("profile", port, {"/customers/": find_customer})
    LOG.info("listening on 127.0.0.1:%d", port)
    server.serve_forever()


if __name__ == "__main__":
    main()
