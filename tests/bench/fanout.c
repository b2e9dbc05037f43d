/* Both ends of the feed's benchmark that must cost next to nothing:
 *
 *   fanout subscribe PORT COUNT STOPPED   COUNT readers in one epoll loop; the first STOPPED read
 *                                         nothing after their first bytes
 *   fanout floor RATE SECONDS COUNT       a bare non-blocking send() to every connection: the floor
 *
 * Readers speak as much WebSocket as a feed needs to hear. Each finds "feedTimeUs": in what it
 * reads and takes the age of that moment, so a message's age is that of its last byte's arrival.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char MARK[] = "\"feedTimeUs\":";
static const char UPGRADE[] =
    "GET / HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char HELLO[] =
    "{\"kind\":\"hello\",\"oldestVersion\":1,\"newestVersion\":1,\"exchange\":\"bybit\","
    "\"environment\":\"simulated\",\"market\":\"futures\",\"symbol\":\"XRPUSDT\"}";
static const char QUOTE[] =
    "{\"kind\":\"quote\",\"number\":%ld,\"exchangeTimeUs\":%ld,\"feedTimeUs\":%ld,"
    "\"source\":\"stream\",\"bid\":\"1.000042\",\"ask\":\"1.000043\",\"last\":\"1.000042\","
    "\"mark\":\"1.000042\"}";

static void check(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

static long now_us(void) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec * 1000000L + at.tv_nsec / 1000;
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
         (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void wait_for_line(void) {
  char line[64];
  if (!fgets(line, sizeof line, stdin)) exit(0);
}

/* ---- readers ---- */

static unsigned *ages;
static size_t taken, room;
static unsigned char *heard;

static void take(int reader, const char *text, long size, long at) {
  const char *end = text + size;
  while ((text = memmem(text, end - text, MARK, sizeof MARK - 1))) {
    long said = strtol(text + sizeof MARK - 1, NULL, 10);
    if (taken == room) {
      room = room ? room * 2 : 1 << 20;
      check((ages = realloc(ages, room * sizeof *ages)) != NULL, "realloc");
    }
    heard[reader] = 1;
    ages[taken++] = at > said ? (unsigned)(at - said) : 0;
    text += sizeof MARK - 1;
  }
}

static int connected(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int line = socket(AF_INET, SOCK_STREAM, 0), small = 32 * 1024, on = 1;
  char answer[1024], frame[512];
  long size = sizeof HELLO - 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(line, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  check(connect(line, (struct sockaddr *)&to, sizeof to) == 0, "connect");
  setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  check(send(line, UPGRADE, sizeof UPGRADE - 1, 0) > 0, "upgrade");
  check(recv(line, answer, sizeof answer, 0) > 0, "answer");
  /* A client's frame is masked; with the mask 0 the payload stays as it is. */
  frame[0] = (char)0x81;
  frame[1] = (char)(0x80 | 126);
  frame[2] = (char)(size >> 8);
  frame[3] = (char)size;
  memset(frame + 4, 0, 4);
  memcpy(frame + 8, HELLO, size);
  check(send(line, frame, size + 8, 0) > 0, "hello");
  return line;
}

static int by_age(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x > y) - (x < y);
}

static double share(double part) {
  return taken ? ages[(size_t)(part * (taken - 1))] / 1000.0 : 0;
}

static int subscribe(int port, int count, int stopped) {
  static char text[65536];
  struct epoll_event events[256], event = {.events = EPOLLIN};
  int poll = epoll_create1(0), open = 1, *lines = calloc(count, sizeof *lines), i, ready;
  check((heard = calloc(count, 1)) != NULL, "calloc");
  for (i = 0; i < count; i++) {
    lines[i] = connected(port);
    fcntl(lines[i], F_SETFL, O_NONBLOCK);
    event.data.u32 = i;
    if (i >= stopped) epoll_ctl(poll, EPOLL_CTL_ADD, lines[i], &event);
  }
  event.data.u32 = count;
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event);
  printf("ready\n");
  fflush(stdout);
  while (open) {
    ready = epoll_wait(poll, events, 256, -1);
    for (i = 0; i < ready; i++) {
      int reader = events[i].data.u32;
      if (reader == count) {
        char line[64];
        long got = read(0, line, sizeof line);
        /* "from": what came until now was warming up. Anything else ends it. */
        if (got > 0 && line[0] == 'f')
          taken = 0;
        else
          open = 0;
        continue;
      }
      long got = recv(lines[reader], text, sizeof text, 0);
      if (got > 0) take(reader, text, got, now_us());
      if (got == 0) epoll_ctl(poll, EPOLL_CTL_DEL, lines[reader], NULL);
    }
  }
  qsort(ages, taken, sizeof *ages, by_age);
  int listening = 0;
  for (i = 0; i < count; i++) listening += heard[i];
  printf("{\"messages\":%zu,\"readers\":%d,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f}\n", taken,
         listening, share(.5), share(.99), share(.999));
  return 0;
}

/* ---- the floor ---- */

static long publish(int *lines, int count, long number) {
  char frame[512];
  long at = now_us(), sent = 0;
  int size = snprintf(frame + 4, sizeof frame - 4, QUOTE, number, at, at), i;
  frame[0] = (char)0x81;
  frame[1] = 126;
  frame[2] = (char)(size >> 8);
  frame[3] = (char)size;
  for (i = 0; i < count; i++) sent += send(lines[i], frame, size + 4, MSG_DONTWAIT) == size + 4;
  return sent;
}

static void pause_until(struct timespec *due, long step_ns) {
  due->tv_nsec += step_ns;
  while (due->tv_nsec >= 1000000000L) {
    due->tv_nsec -= 1000000000L;
    due->tv_sec++;
  }
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL);
}

static int run_floor(int rate, double seconds, int count) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  int door = socket(AF_INET, SOCK_STREAM, 0), small = 32 * 1024, on = 1, i;
  int *lines = calloc(count, sizeof *lines);
  socklen_t size = sizeof at;
  char text[2048];
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(door, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  check(bind(door, (struct sockaddr *)&at, sizeof at) == 0 && listen(door, 1024) == 0, "listen");
  getsockname(door, (struct sockaddr *)&at, &size);
  printf("{\"port\":%d}\n", ntohs(at.sin_port));
  fflush(stdout);
  for (i = 0; i < count; i++) {
    check((lines[i] = accept(door, NULL, NULL)) >= 0, "accept");
    setsockopt(lines[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check(recv(lines[i], text, sizeof text, 0) > 0, "upgrade");
    check(send(lines[i], "HTTP/1.1 101 Switching\r\n\r\n", 26, 0) > 0, "switching");
  }
  wait_for_line();
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  long messages = (long)(rate * seconds), sent = 0, n;
  double before = cpu_seconds();
  for (n = 0; n < messages; n++) {
    sent += publish(lines, count, n);
    pause_until(&due, 1000000000L / rate);
  }
  printf("{\"cpu\":%.6f,\"deliveries\":%ld}\n", cpu_seconds() - before, sent);
  fflush(stdout);
  wait_for_line();
  return 0;
}

int main(int count, char **words) {
  struct rlimit most;
  getrlimit(RLIMIT_NOFILE, &most);
  most.rlim_cur = most.rlim_max;
  setrlimit(RLIMIT_NOFILE, &most);
  if (count == 5 && !strcmp(words[1], "subscribe"))
    return subscribe(atoi(words[2]), atoi(words[3]), atoi(words[4]));
  if (count == 5 && !strcmp(words[1], "floor"))
    return run_floor(atoi(words[2]), atof(words[3]), atoi(words[4]));
  fprintf(stderr, "fanout subscribe PORT COUNT STOPPED | fanout floor RATE SECONDS COUNT\n");
  return 2;
}
