-- Verify scorpius:history on pg

begin;

select sort_down_at from scorpius.tender where false;
select replaced_by_id, stands from scorpius.document where false;
do $$
begin
	assert to_regclass('scorpius.tender_deadline_down_idx') is not null, 'no index for the list by descending deadline';
end $$;

rollback;
