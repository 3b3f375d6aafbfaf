-- Revert scorpius:jobs from pg

begin;

drop function queue.waiting_seconds();
drop function queue.lease_job(bigint, bigint);
drop table scorpius.job;
drop function scorpius.job_notify();

commit;
