-- Verify scorpius:search on pg

begin;

select words from scorpius.page where false;

rollback;
