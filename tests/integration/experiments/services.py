"""Two services for a rehearsal: `payment`, and `checkout`, which calls it through a proxy for /pay, not for /refund."""

import http.server
import sys
import threading
import urllib.request


class Payment(http.server.BaseHTTPRequestHandler):
    """Answers at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer with 200."""
        self.answer(200)

    def answer(self, status):
        """Answer with a status."""
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        """Say nothing."""


class Checkout(Payment):
    """Calls payment for /pay, with a timeout of 200 ms."""

    def do_GET(self):
        """Answer with 503 when payment does not."""
        status = 200
        if self.path == "/pay":
            try:
                urllib.request.urlopen(self.server.through, timeout=0.2).read()
            except OSError:
                status = 503
        self.answer(status)


def main(checkout_port, payment_port, proxy_port):
    """Serve until killed."""
    for port, handler in ((payment_port, Payment), (checkout_port, Checkout)):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        server.through = f"http://127.0.0.1:{proxy_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
