-- Revert scorpius:company from pg

begin;

drop table scorpius.company_profile_version;
drop table scorpius.company_profile;

commit;
