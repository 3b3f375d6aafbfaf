-- Revert scorpius:mail from pg

begin;

drop function queue.mail_troubled();
drop index scorpius.job_mail_failed_idx, scorpius.job_mail_invitation_idx;
drop trigger replaces on scorpius.account_token;
drop function scorpius.account_token_replaces();
revoke select (organization_id, account_id, created_at, user_agent, address) on scorpius.session from scorpius_jobs;

commit;
