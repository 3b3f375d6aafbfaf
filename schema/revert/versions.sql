-- Revert scorpius:versions from pg

begin;

drop function scorpius.oldest_program();
revoke select (change) on sqitch.changes from scorpius_api, scorpius_jobs;
revoke usage on schema sqitch from scorpius_api, scorpius_jobs;

commit;
