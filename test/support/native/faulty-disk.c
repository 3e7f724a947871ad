/*
 * A file system that mirrors a directory and fails as it is told: `faulty-disk SOURCE SOCKET MOUNTPOINT`.
 * Whoever connects to the socket writes lines, each is answered by `ok`:
 *
 *   fail OP ERRNO TIMES PATH   the next TIMES operations fail
 *   hang OP TIMES PATH         the next TIMES operations wait for `release`; each says `hung OP PATH` when it does
 *   hold OP TIMES PATH         the same, but whoever waits can be killed, as with NFS
 *   delay OP MILLISECONDS TIMES PATH
 *   short BYTES TIMES PATH     the next TIMES reads give at most BYTES
 *   flip TIMES PATH            the next TIMES reads of the first byte give another one
 *   types yes|no               whether listings tell what kind an entry is
 *   moving inode|ctime|none    what is another one with every look
 *   release                    lets go of all that hangs, and forgets every rule
 *
 * OP is open, read, getattr or readdir; PATH begins with `/`, which is the directory itself; `*` is every path.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { RULES = 256, LONGEST = 4096 };
enum effect { NONE, FAIL, HANG, HOLD, DELAY, SHORT, FLIP };

struct rule {
  enum effect effect;
  char op[16];
  char path[LONGEST];
  int value;
  int times;
};

static const char *source;
static const char *socket_path;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static struct rule rules[RULES];
static int rule_count;
static int generation;
static int tells_types = 1;
static enum { STILL, INODE, CTIME } moving;
static unsigned looks;
static int client = -1;

static void tell(const char *line) {
  if (client >= 0 && write(client, line, strlen(line)) < 0) client = -1;
}

/* Takes one of the rules for this operation; what it says, with `value`. The lock is held. */
static enum effect take(enum effect effect, const char *op, const char *path, int *value) {
  for (int i = 0; i < rule_count; i += 1) {
    struct rule *rule = &rules[i];
    if (rule->effect != effect || rule->times == 0) continue;
    if (strcmp(rule->op, op) != 0) continue;
    if (strcmp(rule->path, "*") != 0 && strcmp(rule->path, path) != 0) continue;
    rule->times -= 1;
    if (value != NULL) *value = rule->value;
    return effect;
  }
  return NONE;
}

/* What happens before every operation: 0, or the negative errno it ends with. */
static int suffer(const char *op, const char *path) {
  int value = 0;
  pthread_mutex_lock(&lock);
  int hangs = take(HANG, op, path, NULL) == HANG;
  int holds = !hangs && take(HOLD, op, path, NULL) == HOLD;
  if (hangs || holds) {
    int since = generation;
    char line[LONGEST + 64];
    snprintf(line, sizeof line, "hung %s %s\n", op, path);
    tell(line);
    while (generation == since && hangs) pthread_cond_wait(&released, &lock);
    while (generation == since && !fuse_interrupted()) {
      pthread_mutex_unlock(&lock);
      usleep(5000);
      pthread_mutex_lock(&lock);
    }
  }
  int delay = take(DELAY, op, path, &value) == DELAY ? value : 0;
  int error = take(FAIL, op, path, &value) == FAIL ? -value : 0;
  if (holds && fuse_interrupted()) error = -EINTR;
  pthread_mutex_unlock(&lock);
  if (delay > 0) usleep((useconds_t)delay * 1000);
  return error;
}

static void mirrored(const char *path, char *room) { snprintf(room, 2 * LONGEST, "%s%s", source, path); }

static int do_getattr(const char *path, struct stat *stats, struct fuse_file_info *file) {
  (void)file;
  char real[2 * LONGEST];
  int error = suffer("getattr", path);
  if (error != 0) return error;
  mirrored(path, real);
  if (lstat(real, stats) != 0) return -errno;
  pthread_mutex_lock(&lock);
  looks += 1;
  if (moving == INODE) stats->st_ino = (1 << 20) + looks;
  if (moving == CTIME) stats->st_ctim.tv_nsec = looks;
  pthread_mutex_unlock(&lock);
  return 0;
}

static int do_readlink(const char *path, char *target, size_t size) {
  char real[2 * LONGEST];
  mirrored(path, real);
  ssize_t length = readlink(real, target, size - 1);
  if (length < 0) return -errno;
  target[length] = '\0';
  return 0;
}

static int do_open(const char *path, struct fuse_file_info *file) {
  char real[2 * LONGEST];
  int error = suffer("open", path);
  if (error != 0) return error;
  if ((file->flags & O_ACCMODE) != O_RDONLY) return -EROFS;
  mirrored(path, real);
  int fd = open(real, O_RDONLY);
  if (fd < 0) return -errno;
  file->fh = (uint64_t)fd;
  /* Past the page cache, so that every read arrives here and a short one stays short. */
  file->direct_io = 1;
  return 0;
}

static int do_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
  int most = 0;
  int error = suffer("read", path);
  if (error != 0) return error;
  pthread_mutex_lock(&lock);
  if (take(SHORT, "read", path, &most) == SHORT && size > (size_t)most) size = (size_t)most;
  int flips = offset == 0 && take(FLIP, "read", path, NULL) == FLIP;
  pthread_mutex_unlock(&lock);
  ssize_t length = pread((int)file->fh, buffer, size, offset);
  if (length < 0) return -errno;
  if (flips && length > 0) buffer[0] = (char)(buffer[0] ^ 1);
  return (int)length;
}

static int do_release(const char *path, struct fuse_file_info *file) {
  (void)path;
  close((int)file->fh);
  return 0;
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *file, enum fuse_readdir_flags flags) {
  (void)offset, (void)file, (void)flags;
  char real[2 * LONGEST];
  int error = suffer("readdir", path);
  if (error != 0) return error;
  mirrored(path, real);
  DIR *directory = opendir(real);
  if (directory == NULL) return -errno;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    struct stat stats = {.st_ino = entry->d_ino, .st_mode = (mode_t)entry->d_type << 12};
    if (fill(buffer, entry->d_name, tells_types ? &stats : NULL, 0, 0) != 0) break;
  }
  closedir(directory);
  return 0;
}

static void obey(char *line) {
  struct rule rule = {.times = -1};
  int at = 0;
  char word[16] = "";
  sscanf(line, "%15s", word);
  if (strcmp(word, "types") == 0) {
    tells_types = strstr(line, "yes") != NULL;
  } else if (strcmp(word, "moving") == 0) {
    moving = strstr(line, "inode") != NULL ? INODE : strstr(line, "ctime") != NULL ? CTIME : STILL;
  } else if (strcmp(word, "release") == 0) {
    rule_count = 0;
    generation += 1;
    pthread_cond_broadcast(&released);
  } else {
    if (sscanf(line, "fail %15s %d %d %n", rule.op, &rule.value, &rule.times, &at) == 3) rule.effect = FAIL;
    else if (sscanf(line, "hang %15s %d %n", rule.op, &rule.times, &at) == 2) rule.effect = HANG;
    else if (sscanf(line, "hold %15s %d %n", rule.op, &rule.times, &at) == 2) rule.effect = HOLD;
    else if (sscanf(line, "delay %15s %d %d %n", rule.op, &rule.value, &rule.times, &at) == 3) rule.effect = DELAY;
    else if (sscanf(line, "short %d %d %n", &rule.value, &rule.times, &at) == 2) rule.effect = SHORT;
    else if (sscanf(line, "flip %d %n", &rule.times, &at) == 1) rule.effect = FLIP;
    if (rule.effect == NONE || at == 0 || rule_count == RULES) {
      tell("not understood\n");
      return;
    }
    if (rule.effect == SHORT || rule.effect == FLIP) strcpy(rule.op, "read");
    snprintf(rule.path, LONGEST, "%s", line + at);
    rules[rule_count++] = rule;
  }
  tell("ok\n");
}

static void *listen_for_orders(void *unused) {
  (void)unused;
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 4) != 0) _exit(3);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int fd = accept(server, NULL, NULL);
    FILE *orders = fdopen(fd, "r");
    char line[LONGEST + 64];
    client = fd;
    while (fgets(line, sizeof line, orders) != NULL) {
      line[strcspn(line, "\n")] = '\0';
      pthread_mutex_lock(&lock);
      obey(line);
      pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    client = -1;
    pthread_mutex_unlock(&lock);
    fclose(orders);
  }
  return NULL;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  /* Nothing is remembered: every look arrives here. */
  config->attr_timeout = 0;
  config->entry_timeout = 0;
  config->negative_timeout = 0;
  config->use_ino = 1;
  pthread_t thread;
  pthread_create(&thread, NULL, listen_for_orders, NULL);
  return NULL;
}

static const struct fuse_operations operations = {
    .init = do_init,
    .getattr = do_getattr,
    .readlink = do_readlink,
    .open = do_open,
    .read = do_read,
    .release = do_release,
    .readdir = do_readdir,
};

int main(int count, char **arguments) {
  if (count != 4) return 2;
  source = arguments[1];
  socket_path = arguments[2];
  char *mount[] = {arguments[0], "-f", "-o", "ro,max_threads=64,max_idle_threads=64,fsname=faulty-disk", arguments[3], NULL};
  return fuse_main(5, mount, &operations, NULL);
}
