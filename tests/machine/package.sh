# shellcheck shell=bash
# The Debian packages that the machine gets: this version, and a later one that differs in its version and in its schema.

# package_build VERSION: the tree's files, as they are, into a package below $CACHE/packages/VERSION. They are copied to one
# folder always, so that ccache knows them again.
package_build() {
	local version=$1 source=$CACHE/source/scorpius out=$CACHE/packages/$1 log=$WORK/package-$1.log
	rm -rf "$CACHE/source" "$out"
	mkdir -p "$source" "$out"
	(cd "$TOP" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c --) | tar -x -C "$source"
	if [ "$version" != "$VERSION" ]; then package_later "$source" "$version"; fi
	# Compressed little: only for here. debhelper gives another HOME.
	(cd "$source" && CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache} DEB_BUILD_OPTIONS=noautodbgsym DPKG_DEB_COMPRESSOR_LEVEL=1 dpkg-buildpackage -b -us -uc) >"$log" 2>&1 || fail_with "$log" "dpkg-buildpackage failed"
	lintian --allow-root --fail-on error,warning --suppress-tags bad-distribution-in-changes-file "$CACHE"/source/*.changes >"$log" 2>&1 ||
		fail_with "$log" "lintian has something to say"
	mv "$CACHE"/source/*.deb "$out/"
	rm -rf "$CACHE/source"
}

# A change that the former programs can live with, as every change must be: they go on while it is deployed.
package_later() {
	local source=$1 version=$2 kind
	sed -i "s/^  version: '.*'/  version: '$version'/" "$source/meson.build"
	sed -i "1s/(.*)/($version)/" "$source/debian/changelog"
	printf 'machine_trial 2099-01-01T00:00:00Z Scorpius <packages@scorpius.example> # a change of the trial only\n' >>"$source/schema/sqitch.plan"
	for kind in deploy revert verify; do
		case $kind in
		deploy) printf '%s\n' 'begin;' 'set local role scorpius_owner;' 'alter table scorpius.organization add column machine_trial integer;' \
			"comment on column scorpius.organization.machine_trial is 'of a trial only';" 'commit;' ;;
		revert) printf '%s\n' 'begin;' 'set local role scorpius_owner;' 'alter table scorpius.organization drop column machine_trial;' \
			'create or replace function scorpius.oldest_program() returns text language sql stable set search_path = scorpius, pg_temp' \
			"as \$\$ select '$VERSION' \$\$;" 'commit;' ;;
		verify) printf '%s\n' 'begin;' 'select machine_trial from scorpius.organization where false;' 'rollback;' ;;
		esac >"$source/schema/$kind/machine_trial.sql"
	done
}

package_file() { find "$CACHE/packages/$1" -name 'scorpius_*.deb'; }
