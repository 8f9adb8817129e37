// copy_rows: the floor of storing results. Reads rows in Postgres' binary COPY format from a file and sends
// them to a table with COPY, a transaction for every so many rows, over one connection.
//
//   copy_rows -d CONNINFO -t TABLE -b ROWS_A_TRANSACTION FILE
//
// The file is what "COPY table TO STDOUT (FORMAT binary)" wrote. Everything is in memory and cut into
// transactions before the clock starts. Prints one JSON line.
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// The length of the row at `at`, 0 at the end or where the file is not what it should be.
static size_t row_length(const char *bytes, size_t at, size_t size) {
  uint16_t fields;
  size_t begun = at;
  if (size - at < 2) return 0;
  memcpy(&fields, bytes + at, 2);
  fields = ntohs(fields);
  at += 2;
  if (fields == 0xffff) return 0;
  for (; fields; fields--) {
    uint32_t length;
    if (size - at < 4) return 0;
    memcpy(&length, bytes + at, 4);
    length = ntohl(length);
    at += 4;
    if (length == 0xffffffff) continue;
    if (size - at < length) return 0;
    at += length;
  }
  return at - begun;
}

static void finish(PGconn *connection, ExecStatusType wanted) {
  PGresult *result;
  while ((result = PQgetResult(connection))) {
    if (PQresultStatus(result) != wanted) {
      fprintf(stderr, "%s", PQerrorMessage(connection));
      exit(1);
    }
    PQclear(result);
    if (wanted == PGRES_COPY_IN) return;
  }
}

int main(int count, char **words) {
  const char *conninfo = "", *table = "result";
  long most = 1000;
  int option;
  while ((option = getopt(count, words, "d:t:b:")) != -1) {
    switch (option) {
      case 'd': conninfo = optarg; break;
      case 't': table = optarg; break;
      case 'b': most = atol(optarg); break;
      default: return 64;
    }
  }
  if (optind + 1 != count || most < 1) return 64;
  FILE *file = fopen(words[optind], "rb");
  if (!file) {
    perror(words[optind]);
    return 1;
  }
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(size + 1);
  if (!bytes || size < 21 || fread(bytes, 1, size, file) != size) return 1;
  fclose(file);

  // where each transaction begins
  size_t at = 19, length, *cuts = malloc((size / 40 + 2) * sizeof *cuts), transactions = 0;
  long rows = 0;
  while ((length = row_length(bytes, at, size))) {
    if (rows++ % most == 0) cuts[transactions++] = at;
    at += length;
  }
  cuts[transactions] = at;
  char command[256];
  snprintf(command, sizeof command, "COPY %s FROM STDIN (FORMAT binary)", table);
  PGconn *connection = PQconnectdb(conninfo);
  if (PQstatus(connection) != CONNECTION_OK) {
    fprintf(stderr, "%s", PQerrorMessage(connection));
    return 1;
  }

  double cpu = cpu_seconds(), begun = now();
  for (size_t i = 0; i < transactions; i++) {
    if (!PQsendQuery(connection, command)) return 1;
    finish(connection, PGRES_COPY_IN);
    PQputCopyData(connection, bytes, 19);
    PQputCopyData(connection, bytes + cuts[i], (int)(cuts[i + 1] - cuts[i]));
    PQputCopyData(connection, "\377\377", 2);
    PQputCopyEnd(connection, NULL);
    finish(connection, PGRES_COMMAND_OK);
  }
  double wall = now() - begun;
  cpu = cpu_seconds() - cpu;
  printf("{\"program\":\"copy_rows\",\"rows\":%ld,\"rows_a_transaction\":%ld,\"wall_s\":%.3f,"
         "\"rows_per_s\":%.0f,\"client_cpu_us_per_row\":%.3f}\n",
         rows, most, wall, (double)rows / wall, cpu * 1e6 / (double)rows);
  PQfinish(connection);
  return 0;
}
