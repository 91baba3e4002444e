"""What the client sends, and what it makes of servers that do not do their part."""

import asyncio
import base64
import json
import re
import socket
from datetime import UTC, datetime, timedelta

import pytest
from conftest import answer, connect
from pydantic import ValidationError

from fermata.integrations.prometheus import client
from fermata.integrations.prometheus.client import PrometheusClient
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.kit.errors import OperationalError, TransientError

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
