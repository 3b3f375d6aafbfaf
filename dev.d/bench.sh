# shellcheck shell=bash
run_bench() { die "later"; }
