#!/usr/bin/env bash
# Brings Prometheus and Alertmanager with their tools, promtool and amtool, into .cache/monitoring/usr/bin, for the tests of deploy/.
# Debian's packages are only unpacked: nothing is installed, no service starts, and nobody has to be root.
. "$(dirname "$0")/lib.sh"
one_at_a_time

monitoring=$cache/monitoring
programs=(prometheus promtool prometheus-alertmanager amtool)
[ ! -d "$monitoring" ] || exit 0
have apt-get && have dpkg-deb || fail "no apt here: put ${programs[*]} into ${monitoring#"$root"/}/usr/bin yourself"

say "fetching Prometheus and Alertmanager"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# As the user who calls: apt's own user may not write here, and says so at length.
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" prometheus prometheus-alertmanager >/dev/null; }
# The lists may be missing, or older than the packages.
if ! download 2>/dev/null; then
    as_root apt-get update -qq
    download
fi
for package in ./*.deb; do dpkg-deb -x "$package" unpacked; done
# They are Go programs that need the C library alone; an older one than they were built for shows here.
for program in "${programs[@]}"; do
    "unpacked/usr/bin/$program" --version >/dev/null 2>&1 || fail "$program does not run here: $(ldd "unpacked/usr/bin/$program" 2>&1)"
done
rm -rf "$monitoring.new"
mv unpacked "$monitoring.new"
mv "$monitoring.new" "$monitoring"
