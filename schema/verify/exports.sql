-- Verify scorpius:exports on pg

begin;

select organization_id, id, created_by, created_at, blob_id, error_code, finished_at, expires_at
from scorpius.organization_export where false;

do $$
begin
	assert has_table_privilege('scorpius_jobs', 'scorpius.audit_event', 'select'), 'jobs can''t read the audit log';
	assert not has_column_privilege('scorpius_jobs', 'scorpius.account', 'password_hash', 'select'), 'jobs read hashes of passwords';
	assert not has_column_privilege('scorpius_jobs', 'scorpius.session', 'refresh_hash', 'select'), 'jobs read hashes of tokens';
	assert not has_table_privilege('scorpius_api', 'scorpius.organization_export', 'delete'), 'the API removes archives';
end $$;

rollback;
