// target: a web server that answers every request with 200 and 64 bytes, and logs when each came.
//
//   target [-p PORT] [-l LOG]
//
// It listens on 127.0.0.1, prints the port it took (0 asks for a free one) as its first line, and runs
// until killed. The log has a line a request, "SECONDS.MICROSECONDS PATH". One thread, epoll, keep-alive.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 65536, REQUEST = 2048 };
static char *request[MOST];
static int length[MOST];
static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";

static void log_request(FILE *log, const char *text) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  const char *path = strchr(text, ' ');
  const char *end = path ? strchr(path + 1, ' ') : NULL;
  if (end) fprintf(log, "%ld.%06ld %.*s\n", t.tv_sec, t.tv_nsec / 1000, (int)(end - path - 1), path + 1);
}

// The bytes of one connection: false when it is over.
static int serve(int fd, FILE *log) {
  ssize_t got = recv(fd, request[fd] + length[fd], (size_t)(REQUEST - 1 - length[fd]), 0);
  if (got <= 0) return 0;
  length[fd] += (int)got;
  request[fd][length[fd]] = 0;
  if (!strstr(request[fd], "\r\n\r\n")) return length[fd] < REQUEST - 1;
  if (log) log_request(log, request[fd]);
  length[fd] = 0;
  return send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0;
}

int main(int count, char **words) {
  int option, port = 0, one = 1;
  FILE *log = NULL;
  while ((option = getopt(count, words, "p:l:")) != -1) {
    if (option == 'p') port = atoi(optarg);
    else if (option == 'l') log = fopen(optarg, "w");
    else return 64;
  }
  if (log) setvbuf(log, NULL, _IOLBF, 1 << 16);
  struct rlimit files = {MOST, MOST};
  if (setrlimit(RLIMIT_NOFILE, &files)) {
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poller = epoll_create1(0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (bind(listener, (void *)&at, size) || listen(listener, 4096)) {
    perror("listen");
    return 1;
  }
  getsockname(listener, (void *)&at, &size);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int n = epoll_wait(poller, events, 512, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd != listener) {
        if (!serve(fd, log)) close(fd);
        continue;
      }
      while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= MOST || (!request[fd] && !(request[fd] = malloc(REQUEST)))) {
          close(fd);
          continue;
        }
        length[fd] = 0;
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
      }
    }
  }
}
