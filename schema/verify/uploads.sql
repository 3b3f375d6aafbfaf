-- Verify scorpius:uploads on pg

begin;

select organization_id, id, created_by, name, length, received, tender_id, document_type, metadata, process, document_id, created_at,
	expires_at, clean_at
from scorpius.upload where false;
select organization_id, upload_id, start, size, blob_id from scorpius.upload_part where false;

do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.purge_uploads(bigint)', 'execute'), 'jobs can''t remove uploads';
	assert not has_table_privilege('scorpius_api', 'scorpius.upload', 'delete'), 'the API removes uploads';
	assert not has_column_privilege('scorpius_api', 'scorpius.upload', 'length', 'update'), 'the API changes an upload''s length';
end $$;

rollback;
