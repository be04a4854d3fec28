#!/bin/sh
# Installs what some tests need beside JDK and Maven, where it is missing: Chromium, for the tests tagged `browser`.
set -eu
[ -x /usr/bin/chromium ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "install-test-tools: needs apt-get and root; or install Chromium as /usr/bin/chromium" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
