#pragma once
// Faces of Linux calls that Swift can't import as they are: macros, unions, variadic functions.
// No logic here.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static inline int up_errno(void) { return errno; }

static inline int up_epoll_control(int queue, int operation, int fd, uint32_t events,
                                   uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(queue, operation, fd, &event);
}

static inline int up_epoll_wait(int queue, struct epoll_event *events, int capacity,
                                const struct timespec *timeout) {
  return epoll_pwait2(queue, events, capacity, timeout, NULL);
}

static inline uint32_t up_epoll_events(const struct epoll_event *event) { return event->events; }
static inline uint64_t up_epoll_token(const struct epoll_event *event) { return event->data.u64; }

static inline int up_name_this_thread(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

static inline int up_limit_of_open_files(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  int result = getrlimit(RLIMIT_NOFILE, &limit);
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return result;
}

static inline int up_set_limit_of_open_files(uint64_t soft, uint64_t hard) {
  struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
  return setrlimit(RLIMIT_NOFILE, &limit);
}

static inline int up_process_times(struct timeval *user, struct timeval *system) {
  struct rusage usage;
  int result = getrusage(RUSAGE_SELF, &usage);
  *user = usage.ru_utime;
  *system = usage.ru_stime;
  return result;
}

static inline int up_open(const char *path, int flags, unsigned mode) {
  return open(path, flags, (mode_t)mode);
}

static inline void *up_map_shared(int fd, size_t size) {
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return base == MAP_FAILED ? NULL : base;
}

// Memory without a file. In a file of its own, since the flag is an extension of POSIX.
void *up_map_anonymous(size_t size);

static inline int up_set_tcp_option(int fd, int option, int value) {
  return setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

// Lets a raw socket hear nothing but echo replies and what says that a packet did not arrive:
// ICMP_FILTER of <linux/icmp.h>, whose other names collide with the C library's, and RFC 3542's.
static inline int up_hear_echoes_only(int fd, int is_ipv6) {
  if (!is_ipv6) {
    uint32_t unheard = ~((1u << 0) | (1u << 3) | (1u << 11));
    return setsockopt(fd, SOL_RAW, 1, &unheard, sizeof unheard);
  }
  struct icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
  ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &filter);
  ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
}

// An error that a socket keeps apart (IP_RECVERR, IPV6_RECVERR): the errno; who says so, 1 the own
// kernel, 2 ICMP, 3 ICMPv6, with that message's type and code; where the packet was sent to; and who
// sent the message, family 0 where nobody did.
struct up_socket_error {
  int code;
  uint8_t origin, type, type_code;
  struct sockaddr_storage target, offender;
};

// Takes an error off a socket's queue. Returns how many bytes of the packet that it is about were
// stored, or -1 where there is no error.
ssize_t up_receive_error(int fd, void *bytes, size_t size, struct up_socket_error *error);

static inline void up_ignore_signal(int signal_number) { signal(signal_number, SIG_IGN); }

// Sends a datagram to a Unix socket; a path that begins with @ is an abstract one.
int up_notify(const char *path, const uint8_t *bytes, size_t count);
