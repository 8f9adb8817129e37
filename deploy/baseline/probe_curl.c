// probe_curl: the bare floor of a prober built on libcurl. One thread, curl_multi_socket_action on epoll,
// a fresh connection a probe, handles kept and used again. It judges nothing and stores nothing.
//
//   probe_curl -u URL [-n PROBES] [-c AT_ONCE] [-m TARGETS] [-s CA_FILE] [-i INTERVAL_MS] [-k]
//
//   -u  the address; one %d in it becomes the target's number, 0 to TARGETS - 1
//   -n  how many probes in all (10000)
//   -c  how many are in flight at once (50); not used with -i
//   -m  how many easy handles, each a target, probed in turn (AT_ONCE)
//   -s  a CA bundle; chain and name are verified against it
//   -i  paced: every target once an interval, evenly spread over it, until killed or -n is reached
//   -k  connections are kept and used again: to drive a server, not to be compared with
//
// Prints one JSON line. CPU is this process's own, from getrusage.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static CURLM *multi;
static int poller;
static double wake_at = -1;  // when libcurl wants its timer, monotonic seconds; -1: not at all

static const char *address, *ca_file;
static long total = 10000, at_once = 50, targets, started, done, good, failed, skipped;
static double interval;  // seconds; 0: flat out
static int keeps;

static CURL **handles;
static char *in_flight;
static long *idle, idle_count;

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

static size_t discard(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes, (void)context;
  return size * count;
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
  (void)easy, (void)context;
  struct epoll_event event = {.data.fd = fd};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
    return 0;
  }
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  if (!known) curl_multi_assign(multi, fd, &poller);
  if (epoll_ctl(poller, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
  return 0;
}

static int timer_changed(CURLM *m, long ms, void *context) {
  (void)m, (void)context;
  wake_at = ms < 0 ? -1 : now() + (double)ms / 1e3;
  return 0;
}

static CURL *make_handle(long number) {
  CURL *easy = curl_easy_init();
  char url[512];
  snprintf(url, sizeof url, address, (int)number);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)number);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (!keeps) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  // A CApath, which Debian's libcurl has by default, turns off the cache of the parsed CA bundle.
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  return easy;
}

static void launch(void) {
  long number = interval > 0 ? started % targets : idle[--idle_count];
  started++;
  if (in_flight[number]) {  // its last probe is still out
    skipped++, done++;
    return;
  }
  in_flight[number] = 1;
  curl_multi_add_handle(multi, handles[number]);
}

static void collect(void) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    char *number;
    long status = 0;
    curl_off_t phase;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &number);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &phase);
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &phase);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &phase);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &phase);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &phase);
    if (result == CURLE_OK && status == 200)
      good++;
    else if (!failed++)
      fprintf(stderr, "first failure: %s, status %ld\n", curl_easy_strerror(result), status);
    curl_multi_remove_handle(multi, easy);
    in_flight[(long)number] = 0;
    if (interval <= 0) idle[idle_count++] = (long)number;
    done++;
  }
}

// How long epoll may wait: until libcurl's timer or the next launch, at most a second.
static struct timespec patience(double begun) {
  double wait = 1, at = now();
  if (wake_at >= 0 && wake_at - at < wait) wait = wake_at - at;
  if (interval > 0 && started < total) {
    double due = begun + (double)started * interval / (double)targets - at;
    if (due < wait) wait = due;
  }
  if (wait < 0) wait = 0;
  return (struct timespec){(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
}

int main(int count, char **words) {
  int option;
  while ((option = getopt(count, words, "u:n:c:m:s:i:k")) != -1) {
    switch (option) {
      case 'u': address = optarg; break;
      case 'n': total = atol(optarg); break;
      case 'c': at_once = atol(optarg); break;
      case 'm': targets = atol(optarg); break;
      case 's': ca_file = optarg; break;
      case 'i': interval = atof(optarg) / 1e3; break;
      case 'k': keeps = 1; break;
      default: return 64;
    }
  }
  if (!address) return 64;
  if (targets < at_once && interval <= 0) targets = at_once;
  if (targets < 1) targets = 1;
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  poller = epoll_create1(EPOLL_CLOEXEC);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, keeps ? at_once : 1L);
  handles = calloc((size_t)targets, sizeof *handles);
  idle = calloc((size_t)targets, sizeof *idle);
  in_flight = calloc((size_t)targets, 1);
  for (long i = 0; i < targets; i++) handles[i] = make_handle(i), idle[idle_count++] = targets - 1 - i;

  double cpu = cpu_seconds(), begun = now();
  int running;
  while (done < total) {
    if (interval > 0)
      while (started < total && begun + (double)started * interval / (double)targets <= now()) launch();
    else
      while (started < total && started - done < at_once && idle_count) launch();
    struct epoll_event events[256];
    struct timespec wait = patience(begun);
    int n = epoll_pwait2(poller, events, 256, &wait, NULL);
    if (wake_at >= 0 && wake_at <= now()) {
      wake_at = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (int i = 0; i < n; i++) {
      int what = (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi, events[i].data.fd, what, &running);
    }
    collect();
  }
  double wall = now() - begun;
  cpu = cpu_seconds() - cpu;
  printf("{\"program\":\"probe_curl\",\"libcurl\":\"%s\",\"probes\":%ld,\"good\":%ld,\"failed\":%ld,"
         "\"skipped\":%ld,\"wall_s\":%.3f,\"cpu_us_per_probe\":%.2f}\n",
         curl_version_info(CURLVERSION_NOW)->version, done, good, failed, skipped, wall,
         done ? cpu * 1e6 / (double)done : 0);
  return failed != 0;
}
