/* Who somebody is, and the set of who may call a route. A route's `who` is a mask; a caller may call it when the mask
 * and who_of() have a bit in common, or when the mask holds WHO_PUBLIC (no token is asked for). */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include "types.h"

#include <string.h>

enum role {
	ROLE_VIEWER,      /* reads only */
	ROLE_BID_MANAGER, /* the ordinary user */
	ROLE_ADMIN,       /* the operator: manages accounts, has no organisation, never sees a tender */
};

enum who {
	WHO_PUBLIC = 1 << 0,
	WHO_VIEWER = 1 << 1,
	WHO_BID_MANAGER = 1 << 2,
	WHO_OWNER = 1 << 3, /* a flag of a user besides his role */
	WHO_ADMIN = 1 << 4,
};

/* Everybody who belongs to an organisation; those of them who may write; everybody with an account. */
#define WHO_MEMBERS (WHO_VIEWER | WHO_BID_MANAGER | WHO_OWNER)
#define WHO_WRITERS (WHO_BID_MANAGER)
#define WHO_USERS (WHO_MEMBERS | WHO_ADMIN)

/* "viewer", "bid_manager", "admin". */
static inline const char *role_name(enum role r)
{
	return r == ROLE_ADMIN ? "admin" : r == ROLE_BID_MANAGER ? "bid_manager" : "viewer";
}

/* False for anything that is not exactly one of these names (NULL too). */
static inline bool role_parse(const char *s, enum role *out)
{
	for (int r = ROLE_VIEWER; s && r <= ROLE_ADMIN; r++) {
		if (strcmp(s, role_name((enum role)r)) == 0) {
			*out = (enum role)r;
			return true;
		}
	}
	return false;
}

/* The bits of a caller. An administrator owns no organisation, so the flag says nothing about him. */
static inline unsigned who_of(enum role r, bool is_owner)
{
	if (r == ROLE_ADMIN)
		return WHO_ADMIN;
	return (r == ROLE_BID_MANAGER ? WHO_BID_MANAGER : WHO_VIEWER) | (is_owner ? WHO_OWNER : 0U);
}

#endif
