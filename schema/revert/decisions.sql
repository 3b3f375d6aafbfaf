-- Revert scorpius:decisions from pg

begin;

drop table scorpius.fact_decision;

commit;
