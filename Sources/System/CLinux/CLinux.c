#define _GNU_SOURCE
#include "CLinux.h"
#include <linux/errqueue.h>
#include <stddef.h>

void *up_map_anonymous(size_t size) {
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

int up_notify(const char *path, const uint8_t *bytes, size_t count) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  ssize_t sent = sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  close(fd);
  return sent == (ssize_t)count ? 0 : -1;
}

ssize_t up_receive_error(int fd, void *bytes, size_t size, struct up_socket_error *error) {
  _Alignas(struct cmsghdr) char control[512];
  memset(error, 0, sizeof *error);
  struct iovec part = {.iov_base = bytes, .iov_len = size};
  struct msghdr message = {
    .msg_name = &error->target, .msg_namelen = sizeof error->target, .msg_iov = &part,
    .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
  };
  ssize_t count = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (count < 0) return count;
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    int is_v4 = head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR;
    int is_v6 = head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_RECVERR;
    struct sock_extended_err known;
    if (!(is_v4 || is_v6) || head->cmsg_len < CMSG_LEN(sizeof known)) continue;
    memcpy(&known, CMSG_DATA(head), sizeof known);
    error->code = (int)known.ee_errno;
    error->origin = known.ee_origin;
    error->type = known.ee_type;
    error->type_code = known.ee_code;
    size_t length = is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (head->cmsg_len >= CMSG_LEN(sizeof known + length))
      memcpy(&error->offender, CMSG_DATA(head) + sizeof known, length);
  }
  return count;
}
