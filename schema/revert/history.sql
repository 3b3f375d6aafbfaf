-- Revert scorpius:history from pg

begin;

alter table scorpius.document drop column stands;
alter table scorpius.document drop column replaced_by_id;
alter table scorpius.tender drop column sort_down_at;

commit;
