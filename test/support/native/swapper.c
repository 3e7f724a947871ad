/*
 * Exchanges two paths with each other until it is told to end by SIGTERM, then prints how often it did.
 * It works in bursts with rests between them, so that whoever is raced sees every mixture of the two.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

static volatile sig_atomic_t ending = 0;

static void end(int signal) {
  (void)signal;
  ending = 1;
}

static int exchange(const char *a, const char *b) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static unsigned random_below(unsigned bound) {
  static unsigned state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % bound;
}

static void rest(void) {
  const struct timespec time = {.tv_sec = 0, .tv_nsec = random_below(2000000)};
  nanosleep(&time, NULL);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  signal(SIGTERM, end);
  unsigned long exchanges = 0;
  unsigned left = 1;
  while (!ending) {
    if (exchange(argv[1], argv[2]) != 0) {
      fprintf(stderr, "cannot exchange: %s\n", strerror(errno));
      return 1;
    }
    if (exchanges++ == 0) {
      puts("ready");
      fflush(stdout);
    }
    if (--left == 0) {
      rest();
      left = 1 + random_below(1u << random_below(11));
    }
  }
  printf("%lu\n", exchanges);
  return 0;
}
