# shellcheck shell=bash
# Building and installing. What runs is what is installed: below $STATE/app, laid out as on a server.

# build_lock DIR: one at a time builds in a folder or installs from it (stacks that start side by side share one). Until
# `exec 8>&-`, or the end.
build_lock() {
	mkdir -p "$1"
	exec 8<"$1"
	flock -w 600 8 || die "somebody else builds in $1"
}

# build_in DIR CC [MESON OPTION...]: configures once, then compiles. Quiet unless it fails.
build_in() {
	local dir=$1 cc=$2 log
	shift 2
	log=$(mktemp)
	build_lock "$dir"
	if [ ! -f "$dir/build.ninja" ]; then
		step "configuring $dir ($cc)"
		CC=$cc meson setup --prefix=/usr --libexecdir=libexec "$@" "$dir" "$TOP" >"$log" 2>&1 ||
			{ cat "$log" >&2; rm -f "$log"; die "meson setup failed"; }
	elif [ $# -gt 0 ]; then
		meson configure "$@" "$dir" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; die "meson configure failed"; }
	fi
	step "building in $dir"
	ninja -C "$dir" >"$log" 2>&1 || { tail -n 60 "$log" >&2; rm -f "$log"; die "the build failed"; }
	exec 8>&-
	rm -f "$log"
}

build_app() {
	build_in "$BUILD" "${CC:-gcc}" "$@"
}

# Installed files are replaced, not written into, so that running programs keep theirs until they are told.
install_app() {
	local log
	log=$(mktemp)
	build_lock "$BUILD"
	DESTDIR=$APP meson install -C "$BUILD" --no-rebuild --only-changed >"$log" 2>&1 ||
		{ cat "$log" >&2; rm -f "$log"; die "meson install failed"; }
	exec 8>&-
	rm -f "$log"
	chmod 0755 "$APP"
}

app_program() { printf '%s/usr/%s' "$APP" "$1"; }

# Changes with each new build of what runs.
app_stamp() { (cd "$APP/usr" && find bin libexec -type f -exec stat -c '%n %s %Y' {} + 2>/dev/null | sort | cksum); }
