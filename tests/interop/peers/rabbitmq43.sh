#!/usr/bin/env bash
# Starts RabbitMQ 4.3 from Debian forky's packages, in a private root (same commands as rabbitmq4.sh).
# Port: 5770 on 127.0.0.1 (TLS 5771, epmd 5772, Erlang 5773), or --port N and the three after it.   Stop: rabbitmq43.sh stop [--dir DIR]
# Usage: rabbitmq43.sh install|start|stop|status|log|ctl [--dir DIR] [--port N] [-- rabbitmqctl arguments]   needs root (chroot)
set -euo pipefail
RABBITMQ_PEER=43 exec "$(dirname "${BASH_SOURCE[0]}")/rabbitmq4.sh" "$@"
