// list_pages: what the API adds to a page's own SQL. In turn it runs one statement over libpq, prepared and
// read in binary, and asks one address over a kept connection of libcurl, and times both.
//
//   list_pages -d CONNINFO -q STATEMENT_FILE -u URL -k KEY_FILE [-n PAIRS] [-w WARM_UP]
//
//   -k  holds the API key that is sent as a bearer
//   -n  how many pairs are timed (500), after -w that are not (50)
//
// Prints one JSON line, in milliseconds. What was answered is counted, so that nobody measures errors.
#include <curl/curl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "list_pages: %s: %s\n", what, why);
  exit(1);
}

static char *contents(const char *path) {
  static char texts[2][65536];
  static int used;
  char *text = texts[used++ & 1];
  FILE *file = fopen(path, "r");
  if (!file) fail(path, "can't be read");
  text[fread(text, 1, 65535, file)] = 0;
  fclose(file);
  text[strcspn(text, "\r")] = 0;
  return text;
}

static size_t count_bytes(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes;
  *(long *)context += (long)(size * count);
  return size * count;
}

static int by_size(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double share(const double *sorted, long count, double part) {
  long place = (long)((double)count * part);
  return sorted[place < count ? place : count - 1];
}

int main(int argc, char **argv) {
  const char *database = NULL, *statement = NULL, *address = NULL, *key = NULL;
  long pairs = 500, warm_up = 50, bytes = 0, rows = 0;
  for (int option; (option = getopt(argc, argv, "d:q:u:k:n:w:")) != -1;) {
    switch (option) {
      case 'd': database = optarg; break;
      case 'q': statement = contents(optarg); break;
      case 'u': address = optarg; break;
      case 'k': key = contents(optarg); break;
      case 'n': pairs = atol(optarg); break;
      case 'w': warm_up = atol(optarg); break;
      default: return 64;
    }
  }
  if (!database || !statement || !address || !key || pairs < 1) return 64;
  PGconn *connection = PQconnectdb(database);
  if (PQstatus(connection) != CONNECTION_OK) fail("Postgres", PQerrorMessage(connection));
  PGresult *prepared = PQprepare(connection, "page", statement, 0, NULL);
  if (PQresultStatus(prepared) != PGRES_COMMAND_OK) fail("the statement", PQerrorMessage(connection));
  PQclear(prepared);

  char header[512];
  snprintf(header, sizeof header, "Authorization: Bearer %.*s", (int)strcspn(key, "\n"), key);
  struct curl_slist *headers = curl_slist_append(NULL, header);
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, address);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);

  double *sql = calloc((size_t)pairs, sizeof *sql), *api = calloc((size_t)pairs, sizeof *api);
  for (long turn = -warm_up; turn < pairs; turn++) {
    double begun = now_ms();
    PGresult *page = PQexecPrepared(connection, "page", 0, NULL, NULL, NULL, 1);
    double took = now_ms() - begun;
    if (PQresultStatus(page) != PGRES_TUPLES_OK) fail("the page", PQerrorMessage(connection));
    rows = PQntuples(page);
    PQclear(page);
    if (turn >= 0) sql[turn] = took;
    bytes = 0;
    long status = 0;
    begun = now_ms();
    CURLcode code = curl_easy_perform(easy);
    took = now_ms() - begun;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) fail(address, curl_easy_strerror(code));
    if (status != 200) fail(address, "did not answer 200");
    if (turn >= 0) api[turn] = took;
  }
  qsort(sql, (size_t)pairs, sizeof *sql, by_size);
  qsort(api, (size_t)pairs, sizeof *api, by_size);
  printf(
      "{\"pairs\": %ld, \"rows\": %ld, \"bytes\": %ld, \"sql_p50_ms\": %.3f, \"sql_p99_ms\": %.3f, "
      "\"api_p50_ms\": %.3f, \"api_p99_ms\": %.3f, \"over_p50_ms\": %.3f, \"over_p99_ms\": %.3f}\n",
      pairs, rows, bytes, share(sql, pairs, .5), share(sql, pairs, .99), share(api, pairs, .5),
      share(api, pairs, .99), share(api, pairs, .5) - share(sql, pairs, .5),
      share(api, pairs, .99) - share(sql, pairs, .99));
  return 0;
}
