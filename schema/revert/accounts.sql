-- Revert scorpius:accounts from pg

begin;

drop table scorpius.audit_event, scorpius.session, scorpius.account, scorpius.organization;
drop function scorpius.bump_version();

commit;
