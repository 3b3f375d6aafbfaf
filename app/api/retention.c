/* How the end of retention and a legal hold look in answers. */
#include "retention.h"
#include "retention_sql.h"

struct opt_instant retention_end(int64_t days, struct opt_instant from, struct opt_instant *warned)
{
	struct opt_instant end = { 0 };
	if (days == 0 || !from.set) {
		warned->set = false;
		return end;
	}
	end = (struct opt_instant){ true, from.us + days * INT64_C(86400000000) };
	if (warned->us < end.us - RETENTION_NOTICE_US) /* told of an end that has moved since */
		warned->set = false;
	if (warned->set && end.us < warned->us + RETENTION_WARNING_US)
		end.us = warned->us + RETENTION_WARNING_US;
	return end;
}

void retention_write(
    struct json_writer *w, int64_t days, const struct opt_instant *from, const struct opt_instant *warned)
{
	struct opt_instant told = *warned, end = retention_end(days, *from, &told);
	jw_open(w, '{');
	jw_key(w, "expires_at");
	jw_opt_instant(w, end);
	jw_key(w, "warned_at");
	jw_opt_instant(w, told);
	jw_close(w, '}');
}

void legal_hold_write(
    struct json_writer *w, const struct opt_instant *at, const struct opt_uuid *by, const char *reason)
{
	if (!at->set) {
		jw_null(w);
		return;
	}
	jw_open(w, '{');
	jw_field_text(w, "reason", reason);
	jw_field_instant(w, "set_at", at->us);
	jw_key(w, "set_by");
	jw_opt_uuid(w, by);
	jw_close(w, '}');
}
