/*
 * Preloaded into a Node process: makes the Nth file system call below one directory fail, under the control of the
 * process itself through a shared file. Calls elsewhere are neither counted nor failed.
 *
 * FAILING_CALLS_BELOW is the directory, FAILING_CALLS_CONTROL the file that holds a `struct control`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, STAT = 2, READ = 4, OPENDIR = 8, READDIR = 16, CLOSE = 32 };
enum { LONGEST = 480, LOGGED = 64, DESCRIPTORS = 4096 };

struct control {
  int32_t kinds;         /* which kinds of calls are counted; 0: none */
  int32_t first;         /* the first call that fails, from 1; 0: none */
  int32_t times;         /* how many fail from there on */
  int32_t error;         /* with which errno */
  _Atomic int32_t calls; /* counted so far */
  _Atomic int32_t failed;
  int32_t padding[2];
  struct {
    int32_t kind;
    char path[LONGEST];
  } log[LOGGED]; /* the first ones that failed */
};

static struct control *control;
static const char *below;
static size_t below_length;
/* What the descriptors below the directory were opened as: works without /proc, too. */
static char opened[DESCRIPTORS][LONGEST];

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAILING_CALLS_CONTROL");
  below = getenv("FAILING_CALLS_BELOW");
  if (file == NULL || below == NULL) return;
  below_length = strlen(below);
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (mapped != MAP_FAILED) control = mapped;
}

static int is_below(const char *path) {
  return strncmp(path, below, below_length) == 0 && (path[below_length] == '/' || path[below_length] == '\0');
}

static const char *opened_as(int fd) {
  return fd >= 0 && fd < DESCRIPTORS && opened[fd][0] != '\0' ? opened[fd] : NULL;
}

/* Where a path leads, or NULL when that is not below the directory. */
static const char *resolve(const char *path, char *room) {
  static const char proc[] = "/proc/self/fd/";
  if (control == NULL || path == NULL) return NULL;
  if (strncmp(path, proc, sizeof proc - 1) == 0) {
    char *rest;
    const char *base = opened_as((int)strtol(path + sizeof proc - 1, &rest, 10));
    if (base == NULL) return NULL;
    snprintf(room, LONGEST, "%s%s", base, rest);
    return room;
  }
  return is_below(path) ? path : NULL;
}

static void remember(int fd, const char *path) {
  if (fd >= 0 && fd < DESCRIPTORS && path != NULL) snprintf(opened[fd], LONGEST, "%s", path);
}

static void forget(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS) opened[fd][0] = '\0';
}

/* Counts a call; whether it is to fail, and then errno is set. */
static int fails(int kind, const char *path) {
  if (control == NULL || path == NULL || (control->kinds & kind) == 0) return 0;
  int32_t call = atomic_fetch_add(&control->calls, 1) + 1;
  int32_t first = control->first;
  if (first == 0 || call < first || call - first >= control->times) return 0;
  int32_t index = atomic_fetch_add(&control->failed, 1);
  if (index < LOGGED) {
    control->log[index].kind = kind;
    snprintf(control->log[index].path, LONGEST, "%s", path);
  }
  errno = control->error;
  return 1;
}

#define REAL(name)                                            \
  static __typeof__(name) *real;                              \
  if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int open_at(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  char room[LONGEST];
  const char *at = resolve(path, room);
  if (fails(OPEN, at)) return -1;
  int fd = real(path, flags, mode);
  remember(fd, at);
  return fd;
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
  REAL(open64);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(real, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  REAL(open);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(real, path, flags, mode);
}

ssize_t read(int fd, void *buffer, size_t size) {
  REAL(read);
  return fails(READ, opened_as(fd)) ? -1 : real(fd, buffer, size);
}

ssize_t pread64(int fd, void *buffer, size_t size, off64_t offset) {
  REAL(pread64);
  return fails(READ, opened_as(fd)) ? -1 : real(fd, buffer, size, offset);
}

ssize_t readv(int fd, const struct iovec *vector, int count) {
  REAL(readv);
  return fails(READ, opened_as(fd)) ? -1 : real(fd, vector, count);
}

int close(int fd) {
  REAL(close);
  int failing = fails(CLOSE, opened_as(fd));
  int32_t error = errno;
  forget(fd);
  int result = real(fd);
  if (!failing) return result;
  errno = error;
  return -1;
}

/* libuv calls statx and close by their numbers. */
long syscall(long number, ...) {
  REAL(syscall);
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i += 1) a[i] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_statx && control != NULL) {
    char room[LONGEST];
    const char *path = (const char *)a[1];
    int of_descriptor = path == NULL || path[0] == '\0';
    if (fails(STAT, of_descriptor ? opened_as((int)a[0]) : resolve(path, room))) return -1;
  }
  if (number == SYS_close && control != NULL) {
    int failing = fails(CLOSE, opened_as((int)a[0]));
    int32_t error = errno;
    forget((int)a[0]);
    long result = real(number, a[0]);
    if (!failing) return result;
    errno = error;
    return -1;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int statx(int fd, const char *restrict path, int flags, unsigned mask, struct statx *restrict into) {
  return (int)syscall(SYS_statx, (long)fd, path, (long)flags, (long)mask, into);
}

DIR *opendir(const char *path) {
  REAL(opendir);
  char room[LONGEST];
  const char *at = resolve(path, room);
  if (fails(OPENDIR, at)) return NULL;
  DIR *directory = real(path);
  if (directory != NULL) remember(dirfd(directory), at);
  return directory;
}

struct dirent64 *readdir64(DIR *directory) {
  REAL(readdir64);
  return fails(READDIR, opened_as(dirfd(directory))) ? NULL : real(directory);
}

int closedir(DIR *directory) {
  REAL(closedir);
  int failing = fails(CLOSE, opened_as(dirfd(directory)));
  int32_t error = errno;
  forget(dirfd(directory));
  int result = real(directory);
  if (!failing) return result;
  errno = error;
  return -1;
}
