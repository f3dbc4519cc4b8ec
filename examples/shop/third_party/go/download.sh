# Downloads the modules that go.mod requires and lays them out as `go mod vendor` does.
#
# They come from the Debian mirror that the toolchain came from, which carries many Go libraries as
# packages and signs them: so the example needs that one mirror and no Go module proxy. With a proxy,
# all of this file is `go mod vendor -o /out/vendor`, with go.sum among the inputs.
#
# usage: download.sh GO_MOD MODULES VENDOR   (MODULES: lines of "module package")
set -eu
go_mod=$1 modules=$2 vendor=$3

packages=$(mktemp -d)
apt="apt-get -qq -o APT::Sandbox::User=root -o Acquire::Languages=none -o Dir::State::Lists=$packages/lists -o Dir::Cache=$packages/cache"
mkdir -p "$vendor" "$packages/lists/partial" "$packages/cache/archives/partial"
$apt update
sort "$modules" | while read -r module package; do
  version=$(sed -n "s|^require $module ||p" "$go_mod")
  echo "$module $version"
  (cd "$packages" && $apt download "$package")
  file=$(ls "$packages/$package"_*.deb)
  case $(dpkg-deb --field "$file" Version) in
    "${version#v}"-*) ;;
    *) echo "go.mod requires $version, and the mirror has $(basename "$file")" >&2; exit 1 ;;
  esac
  dpkg-deb --extract "$file" "$packages/root"
  mkdir -p "$vendor/$(dirname "$module")"
  cp -r "$packages/root/usr/share/gocode/src/$module" "$vendor/$module"
  rm -f "$vendor/$module"/*_test.go "$vendor/$module/go.mod"
  printf '# %s %s\n## explicit\n%s\n' "$module" "$version" "$module" >>"$vendor/modules.txt"
done
