import { JAVA_CERTIFICATES_PROGRAM } from './java-certificates.ts'

/**
 * Runs on this machine before packages are downloaded, `$1` being the new root: lays out the base, holds locked versions,
 * reads the package lists, and finds out early what the mirror does not have.
 * Lines that begin with `orchestrate` are read by `readBootstrapLog`.
 */
export const SETUP_SCRIPT = `set -eu
exec 1>&2
umask 022
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
if [ "$ORCHESTRATE_STAGE" = packages ]; then
  tar -C "$1" --extract --numeric-owner --preserve-permissions --xattrs --xattrs-include='*' --file - <&3
  # A base has no device nodes; where none can be made, mmdebstrap mounts this machine's over files in here.
  mkdir -p "$1/dev"
fi
if [ -n "$ORCHESTRATE_LOCKED" ]; then
  mkdir -p "$1/etc/apt/preferences.d"
  for item in $ORCHESTRATE_LOCKED; do
    printf 'Package: %s\\nPin: version %s\\nPin-Priority: 1001\\n\\n' "\${item%%=*}" "\${item#*=}"
  done > "$1/etc/apt/preferences.d/locked"
fi
apt-get update --error-on=any
if ! planned=$(apt-get --simulate install $ORCHESTRATE_PACKAGES $ORCHESTRATE_LOCKED); then
  if [ -n "$ORCHESTRATE_LOCKED" ]; then
    for item in $ORCHESTRATE_LOCKED; do echo "\${item%%=*}"; done | xargs apt-cache madison |
      sed -n 's/^ *\\([^ |]*\\) *| *\\([^ |]*\\) *|.*/orchestrate available \\1 \\2/p'
  else
    apt-cache pkgnames | sed 's/^/orchestrate name /'
  fi
  exit 1
fi
if [ "$ORCHESTRATE_STAGE" = packages ] && [ -z "$ORCHESTRATE_LOCKED" ] &&
  ! printf '%s\\n' "$planned" | grep -q '^0 upgraded, .* and 0 not upgraded'; then
  echo 'orchestrate base-outdated'
  exit 1
fi
`

/** Installs the declared packages into the base, by the apt of this machine and the dpkg of the root. */
export const INSTALL_SCRIPT = `set -eu
exec 1>&2
umask 022
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
[ -z "$ORCHESTRATE_PACKAGES" ] || apt-get --yes --no-install-recommends \\
  -o Dir::Bin::dpkg=env -o DPkg::Options::=--unset=TMPDIR -o DPkg::Options::=--unset=APT_CONFIG -o DPkg::Options::=dpkg \\
  -o DPkg::Use-Pty=false -o DPkg::Chroot-Directory="$1" install $ORCHESTRATE_PACKAGES
`

/**
 * Lists what is installed, then takes away what no build and no program needs (documentation but for licences, translations,
 * caches, logs) and whatever comes from this machine or differs between two runs.
 */
export const FINISH_SCRIPT = `set -eu
exec 1>&2
umask 022
dpkg-query --admindir="$1/var/lib/dpkg" --show --showformat='orchestrate package \${Package} \${Version}\\n'
cd "$1"
rm -rf usr/share/man usr/share/info usr/share/doc-base usr/share/lintian usr/share/linda usr/share/bug usr/share/groff
[ ! -d usr/share/doc ] || find usr/share/doc -mindepth 1 ! -type d ! -name copyright -delete
[ ! -d usr/share/doc ] || find usr/share/doc -mindepth 1 -type d -empty -delete
[ ! -d usr/share/locale ] || find usr/share/locale -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
find . -xdev -type d -name __pycache__ -prune -exec rm -rf {} +
# An apt among the packages keeps its mirrors; without one nothing has a use for them.
if [ -x usr/bin/apt-get ]; then rm -f etc/apt/apt.conf.d/99mmdebstrap etc/apt/preferences.d/locked; else rm -rf etc/apt; fi
# A base keeps its package lists: whatever is installed into it reads again only what has changed since.
if [ "$ORCHESTRATE_STAGE" = base ]; then rm -rf var/lib/apt/lists/lock var/lib/apt/lists/partial/*; else rm -rf var/lib/apt; fi
rm -rf etc/dpkg/dpkg.cfg.d/99mmdebstrap var/cache var/log var/backups
rm -rf etc/resolv.conf etc/hostname etc/hosts etc/machine-id var/lib/dbus/machine-id etc/.pwd.lock
rm -rf etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid-
rm -rf var/lib/dpkg/available var/lib/dpkg/lock var/lib/dpkg/lock-frontend var/lib/dpkg/triggers/Lock var/lib/dpkg/*-old
[ ! -f etc/ssl/certs/java/cacerts ] || perl -e '${JAVA_CERTIFICATES_PROGRAM}' etc/ssl/certs/java/cacerts
[ ! -f etc/shadow ] || sed -i 's/^\\([^:]*:[^:]*\\):[0-9]*:/\\1:3653:/' etc/shadow
find run tmp var/tmp -mindepth 1 -xdev -delete
mkdir -p var/cache var/log var/backups workspace out root run/orchestrate run/lock
chmod 1777 run/lock
`
