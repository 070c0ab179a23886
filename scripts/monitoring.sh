#!/usr/bin/env bash
# Downloads Prometheus, Alertmanager, promtool, amtool and logrotate into .cache/monitoring/usr/bin, for the tests of deploy/. Debian's
# packages are only unpacked: nothing is installed, no service starts, and root is needed only to update the package lists.
. "$(dirname "$0")/lib.sh"
one_at_a_time

monitoring=$cache/monitoring
programs=(prometheus promtool prometheus-alertmanager amtool logrotate)
if fresh "$monitoring/usr/bin" "$root/scripts/monitoring.sh"; then exit 0; fi
if ! have apt-get || ! have dpkg-deb; then
    fail "apt-get or dpkg-deb not found: put ${programs[*]} into ${monitoring#"$root"/}/usr/bin yourself"
fi

say "downloading Prometheus, Alertmanager and logrotate"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# As the calling user: apt's own user cannot write here.
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" prometheus prometheus-alertmanager logrotate libpopt0 >/dev/null; }
# The lists may be missing, or older than the packages.
if ! download 2>/dev/null; then
    as_root apt-get update -qq
    download
fi
for package in ./*.deb; do dpkg-deb -x "$package" unpacked; done
# logrotate is in sbin and needs its library.
cat >unpacked/usr/bin/logrotate <<'WRAPPER'
#!/bin/sh
usr=$(dirname "$0")/..
LD_LIBRARY_PATH=$(dirname "$usr"/lib/*/libpopt.so.0) exec "$usr/sbin/logrotate" "$@"
WRAPPER
chmod +x unpacked/usr/bin/logrotate
# The others are Go programs that need only the C library. One that is too old shows here.
for program in "${programs[@]}"; do
    "unpacked/usr/bin/$program" --version >/dev/null 2>&1 || fail "$program does not run here: $(ldd "unpacked/usr/bin/$program" 2>&1)"
done

# Debian's Alertmanager reads its templates from a folder that only an installation creates. The unpacked copy gets that folder as
# descriptor 9; both paths have 34 characters.
mkdir -p unpacked/usr/lib/alertmanager
mv unpacked/usr/bin/prometheus-alertmanager unpacked/usr/lib/alertmanager/
sed -i 's|/usr/share/prometheus/alertmanager|/proc/self/fd/9///////////////////|g' unpacked/usr/lib/alertmanager/prometheus-alertmanager
cat >unpacked/usr/bin/prometheus-alertmanager <<'WRAPPER'
#!/bin/sh
usr=$(dirname "$0")/..
exec 9<"$usr/share/prometheus/alertmanager"
exec "$usr/lib/alertmanager/prometheus-alertmanager" "$@"
WRAPPER
chmod +x unpacked/usr/bin/prometheus-alertmanager

rm -rf "$monitoring.new"
mv unpacked "$monitoring.new"
# An older installation may exist, so remove it before moving.
rm -rf "$monitoring"
mv "$monitoring.new" "$monitoring"
