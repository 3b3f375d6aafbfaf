-- Revert scorpius:search from pg

begin;

alter table scorpius.page drop column words;

commit;
