# shellcheck shell=bash
# Dossiers of samples/: built from their sources, their texts and the summary kept beside them. What is built is committed, so
# that neither the demo nor the tests need LibreOffice.

sample() {
	packages_ensure run build docs
	make_state
	build_app
	install_app
	/usr/bin/python3 "$TOP/dev.d/sample.py" "$(app_program bin/scorpius)" "$(app_program libexec/scorpius/scorpius-reader)" "$@"
	say "read what changed by eye (git diff samples), then: ./dev test tests/test_samples.py"
}
