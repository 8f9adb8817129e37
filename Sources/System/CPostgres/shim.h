#pragma once
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif
// The diagnostic fields are character macros, which Swift does not import as Int32 everywhere.
static inline int up_pg_diag_severity(void) { return PG_DIAG_SEVERITY_NONLOCALIZED; }
static inline int up_pg_diag_sqlstate(void) { return PG_DIAG_SQLSTATE; }
static inline int up_pg_diag_message(void) { return PG_DIAG_MESSAGE_PRIMARY; }
static inline int up_pg_diag_detail(void) { return PG_DIAG_MESSAGE_DETAIL; }
static inline int up_pg_diag_constraint(void) { return PG_DIAG_CONSTRAINT_NAME; }
