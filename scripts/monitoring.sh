#!/usr/bin/env bash
# Brings Prometheus and Alertmanager with their tools, promtool and amtool, and logrotate into .cache/monitoring/usr/bin, for the tests of deploy/.
# Debian's packages are only unpacked: nothing is installed, no service starts, and nobody has to be root.
. "$(dirname "$0")/lib.sh"
one_at_a_time

monitoring=$cache/monitoring
programs=(prometheus promtool prometheus-alertmanager amtool logrotate)
if fresh "$monitoring/usr/bin" "$root/scripts/monitoring.sh"; then exit 0; fi
if ! have apt-get || ! have dpkg-deb; then fail "no apt here: put ${programs[*]} into ${monitoring#"$root"/}/usr/bin yourself"; fi

say "fetching Prometheus, Alertmanager and logrotate"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# As the user who calls: apt's own user may not write here, and says so at length.
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" prometheus prometheus-alertmanager logrotate libpopt0 >/dev/null; }
# The lists may be missing, or older than the packages.
if ! download 2>/dev/null; then
    as_root apt-get update -qq
    download
fi
for package in ./*.deb; do dpkg-deb -x "$package" unpacked; done
# logrotate is meant for root's PATH, and for a machine that has its library.
cat >unpacked/usr/bin/logrotate <<'WRAPPER'
#!/bin/sh
usr=$(dirname "$0")/..
LD_LIBRARY_PATH=$(dirname "$usr"/lib/*/libpopt.so.0) exec "$usr/sbin/logrotate" "$@"
WRAPPER
chmod +x unpacked/usr/bin/logrotate
# The others are Go programs that need the C library alone; an older one than they were built for shows here.
for program in "${programs[@]}"; do
    "unpacked/usr/bin/$program" --version >/dev/null 2>&1 || fail "$program does not run here: $(ldd "unpacked/usr/bin/$program" 2>&1)"
done

# Debian's Alertmanager reads its own templates from a folder that only an installation makes. The copy that is unpacked here gets the folder as
# descriptor 9; both names of it have 34 letters.
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
# An older one may be there: moved beside it, not into it.
rm -rf "$monitoring"
mv "$monitoring.new" "$monitoring"
