/* s3cache.h: the C interface of s3cache, and its manual.
 *
 * A cache kept in an S3 bucket, for programs that block: bytes in, bytes out,
 * no server to run, no thread of its own. What the options mean, what each
 * call costs in requests and what is guaranteed is in the README; this file
 * says how to ask for it from C (C99, or C++).
 *
 * A whole program:
 *
 *     #include <stdio.h>
 *     #include <s3cache.h>
 *
 *     int main(void) {
 *         s3cache_options *options = NULL;
 *         s3cache *cache = NULL;
 *         s3cache_error *error = NULL;
 *         void *value = NULL;
 *         size_t len = 0;
 *         const char *url = "s3://my-bucket/app?endpoint=http://127.0.0.1:9000";
 *
 *         if (s3cache_options_from_url(url, &options, &error) < 0 ||
 *             s3cache_options_set(options, "max_entries", "1000", &error) < 0 ||
 *             s3cache_open(options, &cache, &error) < 0 ||
 *             s3cache_set(cache, "greeting", 8, "hello", 5, 3600, &error) < 0 ||
 *             s3cache_get(cache, "greeting", 8, &value, &len, &error) < 0) {
 *             fprintf(stderr, "%s\n", s3cache_error_message(error));
 *         } else {
 *             printf("%.*s\n", (int)len, value ? (const char *)value : "");
 *         }
 *         s3cache_free(value);
 *         s3cache_error_free(error);
 *         s3cache_close(cache);
 *         s3cache_options_free(options);
 *         return 0;
 *     }
 *
 * Build it with: cc program.c $(pkg-config --cflags --libs s3cache)
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 * - Results. A function that can fail returns an s3cache_result: negative is an
 *   error, anything else an answer. The numbers are fixed for good.
 * - Errors. The last argument, `error`, may be NULL. If it is not, *error is
 *   always written: NULL where all is well, else an error object which is yours,
 *   to be freed with s3cache_error_free. It is overwritten without a look, so
 *   free the one before. An error never takes anything away: what you passed is
 *   still yours, unless the function says otherwise.
 * - Out-parameters. Each is always written where it is not NULL itself, also
 *   when the call fails: with NULL, 0 or what the function says. It need not be
 *   initialized. One that the call cannot do without must not be NULL; where
 *   NULL is allowed the function says so.
 * - NULL where it must not be gives S3CACHE_ERROR_NULL, and nothing is done.
 *   Functions that free take NULL and do nothing. Functions that read an error
 *   or options and cannot fail take NULL too, and give what stands beside them.
 * - Bytes. Keys and values are a pointer and a length, of any bytes; nothing is
 *   taken for text, and no NUL is needed. Where the length is 0 the pointer may
 *   be NULL. They are read during the call and not kept. A length above
 *   PTRDIFF_MAX gives S3CACHE_ERROR_ARGUMENT.
 * - Texts. Option names and values, URLs and the texts that come back end in NUL
 *   and are UTF-8; what is not UTF-8 gives S3CACHE_ERROR_ARGUMENT.
 * - Memory. What a function gives you as `void *` or `char *` through an
 *   out-parameter is freed with s3cache_free, and only with that. A `const char *`
 *   that is returned belongs to the object it was asked of, and lives as long.
 * - Threads. Functions without an object can be called by any thread. An object
 *   (options, cache, token, fill, error) belongs to one thread at a time; it may be
 *   handed from one to another. A second thread gets its own cache handle by
 *   s3cache_clone. If two threads do use one handle at once, the later of them
 *   gets S3CACHE_ERROR_BUSY, and nothing else happens.
 * - Fork. A handle is of the process that opened it: in a child it gives
 *   S3CACHE_ERROR_FORKED, since both would talk over the same connections. The
 *   child opens its own. It may close the one it inherited, and free the rest, if no
 *   thread was in a call when the process forked.
 * - Panics. A bug in the library comes back as S3CACHE_ERROR_PANIC. It does not
 *   unwind into your code and does not end your process. A handle on which that
 *   happened can only be closed; every other call of it gives the same again.
 * - Freeing an object twice, using it afterwards, and pointers that lead nowhere
 *   are undefined behaviour, as everywhere in C.
 */
#ifndef S3CACHE_H
#define S3CACHE_H

#include <math.h>   /* HUGE_VAL; no libm is needed */
#include <stddef.h>
#include <stdint.h>

/* The version of this header. s3cache_version tells the library's. Within one
 * major version (while that is 0: within one minor version) a program that was
 * built with an older header works with a newer library. */
#define S3CACHE_VERSION_MAJOR 0
#define S3CACHE_VERSION_MINOR 1
#define S3CACHE_VERSION_PATCH 0
#define S3CACHE_VERSION "0.1.0"
/* For comparisons: 1.2.3 is 10203. */
#define S3CACHE_VERSION_NUMBER 100

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ Results */

/* What a call answers. A plain integer, so that numbers which a later version
 * adds can be handled by a program that does not know them: >= 0 is no error,
 * < 0 is one. No number is ever given another meaning: one that is no longer
 * used stays reserved, and is listed here as "reserved from earlier use" with
 * the version that ended it. None is so far. */
typedef int32_t s3cache_result;

enum {
    S3CACHE_OK = 0,    /* done, or: yes */
    S3CACHE_HIT = 1,   /* there is one, and here it is */
    S3CACHE_MISS = 2,  /* there is none: never an error */
    S3CACHE_FALSE = 3, /* no: the call did not do it, for the reason it names */

    /* How it was called. */
    S3CACHE_ERROR_NULL = -1,     /* a NULL where one must not be */
    S3CACHE_ERROR_ARGUMENT = -2, /* an argument that can never be right */
    S3CACHE_ERROR_BUSY = -3,     /* another thread is using the handle */
    S3CACHE_ERROR_FORKED = -4,   /* the handle is another process's */
    S3CACHE_ERROR_PANIC = -5,    /* a bug in the library; please report it */
    S3CACHE_ERROR_BUFFER_TOO_SMALL = -6, /* s3cache_get_into: see there */
    S3CACHE_ERROR_NO_MEMORY = -7,        /* no memory for what was to be returned */
    S3CACHE_ERROR_UNKNOWN = -8,  /* one that this version has no number for */

    /* What was asked for. */
    S3CACHE_ERROR_INVALID_OPTION = -20, /* an option is missing, unknown or cannot work */
    S3CACHE_ERROR_VALUE_TOO_LARGE = -21, /* longer than the option max_value_size */
    S3CACHE_ERROR_NOT_FOUND = -22,       /* incr or decr of a key that is not there */
    S3CACHE_ERROR_NOT_AN_INTEGER = -23,  /* incr or decr of something else */
    S3CACHE_ERROR_OVERFLOW = -24,        /* incr or decr beyond 64 bits */
    S3CACHE_ERROR_READ_ONLY = -25,       /* the cache was opened with read_only */

    /* What S3 refused, and what somebody has to put right. */
    S3CACHE_ERROR_ACCESS_DENIED = -40,   /* known credentials, no right to it */
    S3CACHE_ERROR_BAD_CREDENTIALS = -41, /* unknown key, wrong secret, expired token */
    S3CACHE_ERROR_CLOCK_SKEW = -42,      /* this clock is too far from S3's */
    S3CACHE_ERROR_NO_SUCH_BUCKET = -43,
    S3CACHE_ERROR_WRONG_REGION = -44,
    S3CACHE_ERROR_REFUSED = -45,         /* another reason: see s3cache_error_s3_code */
    S3CACHE_ERROR_UNSUPPORTED = -46,     /* the engine cannot do what the call needs */

    /* What may pass. */
    S3CACHE_ERROR_UNREACHABLE = -60,     /* no connection */
    S3CACHE_ERROR_UNAVAILABLE = -61,     /* not asked, as the calls before all failed */
    S3CACHE_ERROR_TIMED_OUT = -62,
    S3CACHE_ERROR_TLS = -63,
    S3CACHE_ERROR_CONNECTION_LOST = -64,
    S3CACHE_ERROR_NOT_S3 = -65,          /* a proxy's or a portal's page */
    S3CACHE_ERROR_THROTTLED = -66,       /* S3 asks for fewer requests */
    S3CACHE_ERROR_SERVER = -67,          /* S3 failed on its side */
    S3CACHE_ERROR_OUTCOME_UNKNOWN = -68, /* the reply to a conditional write was lost */
    S3CACHE_ERROR_CONTENDED = -69,       /* others won every attempt */
    S3CACHE_ERROR_NO_ENTROPY = -70       /* the system gave no random bytes */
};

/* The name of a result, such as "S3CACHE_MISS"; of a number that this library
 * does not know, "S3CACHE_ERROR_UNKNOWN" or, if it is not negative, "S3CACHE_OK". */
const char *s3cache_result_name(s3cache_result result);

/* ------------------------------------------------------------------ Version */

/* The library's version, "0.1.0". */
const char *s3cache_version(void);

/* The same as a number, as S3CACHE_VERSION_NUMBER. */
uint32_t s3cache_version_number(void);

/* ------------------------------------------------------------------- Errors */

/* Why a call failed. Yours: free it with s3cache_error_free. It does not depend
 * on the handle, and may outlive it. It repeats no secret. */
typedef struct s3cache_error s3cache_error;

/* The result that the call returned, or S3CACHE_OK for NULL. */
s3cache_result s3cache_error_kind(const s3cache_error *error);

/* All of it in one line: the kind, the S3 operation, the object, what happened,
 * S3's code and request id, the remedy where it is known, and the causes. For
 * NULL: "no error". */
const char *s3cache_error_message(const s3cache_error *error);

/* What to do about it, or NULL where that is not known. */
const char *s3cache_error_remedy(const s3cache_error *error);

/* S3's own code, such as "SlowDown", or NULL where S3 named none. */
const char *s3cache_error_s3_code(const s3cache_error *error);

/* S3's id of the request, which its operator will ask for, or NULL. */
const char *s3cache_error_request_id(const s3cache_error *error);

/* The name of the object concerned, or NULL. */
const char *s3cache_error_object(const s3cache_error *error);

/* The HTTP status of the reply, or 0 where there was none. */
int32_t s3cache_error_http_status(const s3cache_error *error);

/* How long the server asks to be left alone, in seconds, or a negative number
 * where it does not ask. */
double s3cache_error_retry_after(const s3cache_error *error);

void s3cache_error_free(s3cache_error *error);

/* ------------------------------------------------------------------ Options */

/* What to open a cache with: names and values, both as text. The README has the
 * table of them. Yours: free it with s3cache_options_free. */
typedef struct s3cache_options s3cache_options;

/* Options at their defaults. The bucket is missing yet: set "bucket". */
s3cache_result s3cache_options_new(s3cache_options **options, s3cache_error **error);

/* Options out of a URL: s3://bucket/location?name=value&name=value. */
s3cache_result s3cache_options_from_url(const char *url, s3cache_options **options,
                                        s3cache_error **error);

/* Options out of the environment: S3CACHE_URL, S3CACHE_BUCKET, S3CACHE_..., as
 * the README says. */
s3cache_result s3cache_options_from_env(s3cache_options **options, s3cache_error **error);

/* Sets one option. Names may be in capitals, and have "-" for "_"; those of
 * django-s3-cache serve as well. An empty value or NULL stands for the default.
 * S3CACHE_ERROR_INVALID_OPTION for a name that is not known (the message has the
 * nearest one) and for a value that can never be right: the options stay as they
 * were. */
s3cache_result s3cache_options_set(s3cache_options *options, const char *name,
                                   const char *value, s3cache_error **error);

/* One option, as text that s3cache_options_set would take. HIT, and *value is
 * yours; MISS, and *value is NULL, where the option is at its default, is a
 * secret or is not known. */
s3cache_result s3cache_options_get(const s3cache_options *options, const char *name,
                                   char **value, s3cache_error **error);

/* Of the options that were set and have no meaning here, as django-s3-cache's
 * about links, the name of the index-th, from 0 on; NULL from their number on, and
 * for NULL. It is valid until the next option is set. */
const char *s3cache_options_ignored(const s3cache_options *options, size_t index);

void s3cache_options_free(s3cache_options *options);

/* ------------------------------------------------------------------ Handles */

/* A handle on a cache. Yours: free it with s3cache_close. For one thread at a
 * time. */
typedef struct s3cache s3cache;

/* Opens a cache. Checks all options together, and makes no request. The options
 * stay yours, may be changed and used again, and may be freed at once. */
s3cache_result s3cache_open(const s3cache_options *options, s3cache **cache,
                            s3cache_error **error);

/* Another handle on the same cache, for another thread. It shares the
 * connections, the credentials and what was learned of the server, and counts for
 * itself. Cheap, no request. It is a use of `cache` like any other: the thread
 * that has that handle makes the call, and hands the clone over. */
s3cache_result s3cache_clone(s3cache *cache, s3cache **clone, s3cache_error **error);

/* Ends a handle. Connections close with the last one. Entries stay, of course. */
void s3cache_close(s3cache *cache);

/* Frees what was returned through an out-parameter of type void * or char *. */
void s3cache_free(void *memory);

/* ----------------------------------------------------------------- Timeouts */

/* How long an entry lives: seconds from now, with fractions, kept to the
 * millisecond. Zero or less: expired at once, so that it is a miss. */

/* The entry does not expire. */
#define S3CACHE_TIMEOUT_NEVER HUGE_VAL
/* The option default_timeout of the cache: 300 s unless it was set. */
#define S3CACHE_TIMEOUT_DEFAULT (-HUGE_VAL)
/* Not a number gives S3CACHE_ERROR_ARGUMENT. */

/* ------------------------------------------------------------------ Reading */

/* Some bytes of yours. */
typedef struct s3cache_bytes {
    const void *data;
    size_t len;
} s3cache_bytes;

/* A value that was read. data is NULL for a miss and never for a hit, an empty
 * value included; each is freed with s3cache_free. */
typedef struct s3cache_value {
    void *data;
    size_t len;
} s3cache_value;

/* The value of a key. HIT: *value is yours, not NULL even if it is empty, and *len
 * its length. MISS: NULL and 0. 1 GET. */
s3cache_result s3cache_get(s3cache *cache, const void *key, size_t key_len,
                           void **value, size_t *len, s3cache_error **error);

/* The same into a buffer of yours. HIT: *len bytes of it are the value. MISS: *len
 * is 0 and the buffer as it was. S3CACHE_ERROR_BUFFER_TOO_SMALL: there is a value, of
 * *len bytes, and the buffer is as it was. The buffer may be NULL if capacity is
 * 0. 1 GET each time. */
s3cache_result s3cache_get_into(s3cache *cache, const void *key, size_t key_len,
                                void *buffer, size_t capacity, size_t *len,
                                s3cache_error **error);

/* The values of `count` keys, in their order, into `count` values of yours, all of
 * which are written. OK: those that were hits are to be freed, each with
 * s3cache_free. On an error all are NULL. Both arrays may be NULL if count is 0.
 * 1 GET a key. */
s3cache_result s3cache_get_many(s3cache *cache, const s3cache_bytes *keys,
                                size_t count, s3cache_value *values,
                                s3cache_error **error);

/* Whether there is a live entry: OK or FALSE. 1 GET of its first bytes. */
s3cache_result s3cache_has_key(s3cache *cache, const void *key, size_t key_len,
                               s3cache_error **error);

/* How long an entry has to live, in seconds. HIT: *seconds is above 0, and
 * S3CACHE_TIMEOUT_NEVER where it does not expire. MISS: 0. 1 GET of its first bytes. */
s3cache_result s3cache_ttl(s3cache *cache, const void *key, size_t key_len,
                           double *seconds, s3cache_error **error);

/* ------------------------------------------------------------------ Writing */

/* Stores a value, over whatever is there. OK. 1 PUT, and what culling takes. */
s3cache_result s3cache_set(s3cache *cache, const void *key, size_t key_len,
                           const void *value, size_t len, double timeout,
                           s3cache_error **error);

/* Stores the value of each key, in order, with one timeout. Ends at the first that
 * fails, and those before it are stored then: *stored, which may be NULL, tells how
 * many. All arguments are looked at before the first is stored. 1 PUT each. */
s3cache_result s3cache_set_many(s3cache *cache, const s3cache_bytes *keys,
                                const s3cache_bytes *values, size_t count,
                                double timeout, size_t *stored, s3cache_error **error);

/* Stores a value if there is no live entry: OK, or FALSE where there is one. Of
 * several callers, on whatever hosts, one gets OK. 1 conditional PUT. */
s3cache_result s3cache_add(s3cache *cache, const void *key, size_t key_len,
                           const void *value, size_t len, double timeout,
                           s3cache_error **error);

/* Gives a live entry another timeout, and leaves its value. OK, or FALSE where
 * there is none. */
s3cache_result s3cache_touch(s3cache *cache, const void *key, size_t key_len,
                             double timeout, s3cache_error **error);

/* Adds to a decimal integer, atomically, and keeps its expiry. OK: *sum, which may
 * be NULL, is the new value. On an error it is 0. */
s3cache_result s3cache_incr(s3cache *cache, const void *key, size_t key_len,
                            int64_t delta, int64_t *sum, s3cache_error **error);

/* Subtracts, likewise. */
s3cache_result s3cache_decr(s3cache *cache, const void *key, size_t key_len,
                            int64_t delta, int64_t *sum, s3cache_error **error);

/* Deletes an entry, if there is one: OK either way. 1 DELETE. */
s3cache_result s3cache_delete(s3cache *cache, const void *key, size_t key_len,
                              s3cache_error **error);

/* The same, and tells: OK if a live entry was there, else FALSE. 1 GET and 1 DELETE. */
s3cache_result s3cache_remove(s3cache *cache, const void *key, size_t key_len,
                              s3cache_error **error);

/* Deletes the entries of `count` keys, where there are any. The array may be NULL
 * if count is 0. 1 DeleteObjects per 1000 keys. */
s3cache_result s3cache_delete_many(s3cache *cache, const s3cache_bytes *keys,
                                   size_t count, s3cache_error **error);

/* ---------------------------------------------------------- Compare and set */

/* Stands for the entry that was read. Yours: free it with s3cache_token_free. It
 * may outlive the handle, and be used with a clone of it. */
typedef struct s3cache_token s3cache_token;

/* As s3cache_get, and *token stands for what was read; on a MISS it is NULL. */
s3cache_result s3cache_get_with_token(s3cache *cache, const void *key, size_t key_len,
                                      void **value, size_t *len, s3cache_token **token,
                                      s3cache_error **error);

/* Stores a value if the entry is still the one that the token stands for: OK, or
 * FALSE where it is another by now, or gone. The token stays yours, and does not
 * serve for what was stored. For a read-modify-write, read again and try again
 * until it is OK. 1 conditional PUT. */
s3cache_result s3cache_compare_and_set(s3cache *cache, const void *key, size_t key_len,
                                       const s3cache_token *token, const void *value,
                                       size_t len, double timeout,
                                       s3cache_error **error);

void s3cache_token_free(s3cache_token *token);

/* --------------------------------------------------------------- Get or set */

/* A value that you have been asked to compute. Yours until you finish, abandon or
 * free it: do one of these. It is used with the handle that it came from, or a clone
 * of that. */
typedef struct s3cache_fill s3cache_fill;

/* The value of a key, or the task to compute it. HIT: *value and *len are as from
 * s3cache_get, and *fill is NULL. MISS: *fill is the task; compute the value and
 * call s3cache_get_or_set_finish. With the option stale_for, one caller on all hosts
 * gets the task and the others go on with the old value: so finish soon, within the
 * option lease. Nobody waits. */
s3cache_result s3cache_get_or_set_begin(s3cache *cache, const void *key, size_t key_len,
                                        void **value, size_t *len, s3cache_fill **fill,
                                        s3cache_error **error);

/* Stores what was computed. OK: go on with it. It is stored, unless somebody has
 * stored another over the old value meanwhile, the cache is read_only, or on_error
 * has hidden that it could not be. HIT: somebody else had stored a value first; it
 * is in *stored and *stored_len, as from s3cache_get, and should be used in place of
 * yours. In every other case these are NULL and 0; either may be NULL if you do not
 * care. Ends the fill, also where it fails (what you computed is still yours then),
 * unless `fill` or `cache` is NULL, or `fill` came from another cache
 * (S3CACHE_ERROR_ARGUMENT), or `cache` is busy, broken or forked. */
s3cache_result s3cache_get_or_set_finish(s3cache *cache, s3cache_fill *fill,
                                         const void *value, size_t len, double timeout,
                                         void **stored, size_t *stored_len,
                                         s3cache_error **error);

/* Gives the task back, where the value could not be computed: the next caller may
 * try at once. Ends the fill, as s3cache_get_or_set_finish does. OK. At the most 1
 * conditional PUT, whose failure is not told: the lease ends by itself. */
s3cache_result s3cache_get_or_set_abandon(s3cache *cache, s3cache_fill *fill,
                                          s3cache_error **error);

/* Frees a fill and tells nobody, for where there is no handle to give it back with:
 * it has been closed, or the process has forked. The lease ends by itself. */
void s3cache_fill_free(s3cache_fill *fill);

/* ------------------------------------------------------------- Many entries */

/* These delete what they name, page by page, and only entries of this cache:
 * objects below its location with 40 hexadecimal digits for a name. OK: *removed
 * entries are gone. If S3 would not delete some, it goes on with the rest, and
 * *not_removed says how many that were; where it deleted none at all for that, that
 * is an error. Both may be NULL. After an error they are 0, and some may be gone.
 * 1 LIST and at most 1 DeleteObjects per 1000 entries. */

/* Every entry. */
s3cache_result s3cache_clear(s3cache *cache, uint64_t *removed, uint64_t *not_removed,
                             s3cache_error **error);

/* What exceeds max_entries and max_bytes, and one in cull_frequency of the rest. */
s3cache_result s3cache_cull(s3cache *cache, uint64_t *removed, uint64_t *not_removed,
                            s3cache_error **error);

/* What has expired. 1 GET per entry more. */
s3cache_result s3cache_remove_expired(s3cache *cache, uint64_t *removed,
                                      uint64_t *not_removed, s3cache_error **error);

/* What was written so many seconds ago or earlier. Negative, infinite and not a
 * number give S3CACHE_ERROR_ARGUMENT. */
s3cache_result s3cache_remove_older_than(s3cache *cache, double seconds,
                                         uint64_t *removed, uint64_t *not_removed,
                                         s3cache_error **error);

/* The number of entries, expired ones included. 1 LIST per 1000 entries. */
s3cache_result s3cache_len(s3cache *cache, uint64_t *count, s3cache_error **error);

/* An estimate of it, from two pages. *standard_error, which may be NULL: in 95 of 100
 * cases the number is no further off than twice this; 0 where it is exact. At most 2
 * LIST. */
s3cache_result s3cache_len_estimate(s3cache *cache, uint64_t *count,
                                    uint64_t *standard_error, s3cache_error **error);

/* ------------------------------------------------------------------- Bucket */

/* Makes the bucket; one that is yours already is well. */
s3cache_result s3cache_create_bucket(s3cache *cache, s3cache_error **error);

/* Puts a rule into the bucket's lifecycle configuration that deletes this cache's
 * entries after so many days, 1 or more, or changes it. 1 GET and 1 PUT. */
s3cache_result s3cache_set_lifecycle(s3cache *cache, uint32_t days, s3cache_error **error);

/* The days of that rule: HIT, or MISS and 0. 1 GET. */
s3cache_result s3cache_lifecycle(s3cache *cache, uint32_t *days, s3cache_error **error);

/* Takes the rule out: OK, or FALSE where there was none. */
s3cache_result s3cache_remove_lifecycle(s3cache *cache, s3cache_error **error);

/* The rule as XML, for somebody who has the right to set it. No request. */
s3cache_result s3cache_lifecycle_rule_text(s3cache *cache, uint32_t days, char **text,
                                           s3cache_error **error);

/* --------------------------------------------------------- The handle itself */

/* Tries everything out: server, clock, credentials, region, bucket, and each right
 * that is needed. OK if all is well, else FALSE; *report, which may be NULL, is
 * yours: a line each, with the remedy. */
s3cache_result s3cache_check(s3cache *cache, char **report, s3cache_error **error);

/* Whether the engine enforces conditional writes, which add, touch, incr, decr,
 * compare_and_set and get_or_set need: OK or FALSE. What has been found out is not
 * asked again. */
s3cache_result s3cache_conditional_writes(s3cache *cache, s3cache_error **error);

/* The region that requests are signed for, as given or as learned: OK. No request. */
s3cache_result s3cache_region(s3cache *cache, char **region, s3cache_error **error);

/* The options of these names, changed on a live handle; not on its clones, and
 * counted from the next write on. No request. */
s3cache_result s3cache_set_max_entries(s3cache *cache, int64_t max_entries,
                                       s3cache_error **error);
s3cache_result s3cache_set_cull_frequency(s3cache *cache, uint32_t cull_frequency,
                                          s3cache_error **error);

/* The option deadline, changed likewise: how many seconds each later call of this
 * handle may take, with all its requests and retries. S3CACHE_TIMEOUT_DEFAULT: the
 * option's again. S3CACHE_TIMEOUT_NEVER: no limit but those of each wait. Zero, other
 * negative numbers and not a number give S3CACHE_ERROR_ARGUMENT. */
s3cache_result s3cache_set_deadline(s3cache *cache, double seconds, s3cache_error **error);

/* Counters of a handle since it was opened or cloned, or since they were reset. The
 * structure may grow at its end: set `size` to sizeof(s3cache_stats), and so much is
 * written; what this library does not know is set to 0. */
typedef struct s3cache_stats {
    size_t size;              /* set by you */
    uint64_t hits;            /* reads that found a live entry */
    uint64_t stale;           /* those that get_or_set served past the expiry */
    uint64_t misses;          /* reads that did not */
    uint64_t expired;         /* those of the misses that found an expired entry */
    uint64_t corrupt;         /* those that found something else than the intact entry */
    uint64_t hidden_errors;   /* failures that on_error = miss made misses of, or dropped */
    uint64_t gets;            /* GET requests */
    uint64_t puts;            /* PUT requests */
    uint64_t deletes;         /* DELETE requests */
    uint64_t multi_deletes;   /* DeleteObjects requests */
    uint64_t lists;           /* ListObjectsV2 requests */
    uint64_t retries;         /* tries in addition to a call's first */
    uint64_t connections;     /* connections opened */
    uint64_t bytes_out;       /* bytes of the bodies sent */
    uint64_t bytes_in;        /* bytes of the bodies received */
    uint64_t breaker_openings; /* how often calls began to fail at once */
} s3cache_stats;

/* No request. A size below that of `size` and `hits` gives S3CACHE_ERROR_ARGUMENT, and
 * nothing is written. */
s3cache_result s3cache_get_stats(s3cache *cache, s3cache_stats *stats,
                                 s3cache_error **error);

/* All counters are 0 again. */
s3cache_result s3cache_reset_stats(s3cache *cache, s3cache_error **error);

/* The last error that on_error = miss has hidden: HIT, and *last is yours, or MISS
 * and NULL. No request. */
s3cache_result s3cache_last_error(s3cache *cache, s3cache_error **last,
                                  s3cache_error **error);

#ifdef __cplusplus
}
#endif

#endif /* S3CACHE_H */
