#!/bin/sh
# Takes a basket and charges the total: one basket, one process.

echo "checkout: order of $CONTENT_LENGTH bytes paid in $CURRENCY" >&2
printf 'Content-Type: application/json\r\n\r\n{"payment": "paid", "currency": "%s"}\n' "$CURRENCY"
