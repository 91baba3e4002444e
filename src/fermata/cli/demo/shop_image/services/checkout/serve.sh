#!/bin/sh
# The checkout service as its container runs it: answers /cgi-bin/checkout and /healthz until it is told to stop.

main() {
    trap 'exit 0' TERM
    echo "checkout: listening on port $CHECKOUT_PORT, payment timeout $PAYMENT_TIMEOUT_MS ms"
    httpd -f -p "${LISTEN_ADDRESS:-0.0.0.0}:$CHECKOUT_PORT" -h /srv &
    # A signal breaks off `wait`, and does not break off `sleep`.
    while :; do
        sleep 5 &
        wait $!
    done
}

main
