/** A program that tries system calls which a builder must not be able to make, and prints the name of each that succeeded. */
export const ESCAPE_PROGRAM = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void report(const char *name, long result) {
  if (result >= 0) puts(name);
}

static int nothing(void *argument) {
  return argument != 0;
}

static void try_clone(const char *name, int flag) {
  static char stack[65536];
  int child = clone(nothing, stack + sizeof stack, flag | SIGCHLD, 0);
  report(name, child);
  if (child > 0) waitpid(child, 0, 0);
}

static void try_setns(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  if (fork() == 0) _exit(setns(descriptor, 0) == 0);
  int status = 0;
  wait(&status);
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) puts(path);
  close(descriptor);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  const int flags[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};
  const char *names[] = {"ns", "cgroup", "uts", "ipc", "user", "pid", "net"};
  char name[64];
  for (int index = 0; index < 7; index++) {
    snprintf(name, sizeof name, "clone %s", names[index]);
    try_clone(name, flags[index]);
    snprintf(name, sizeof name, "unshare %s", names[index]);
    int child = fork();
    if (child == 0) _exit(unshare(flags[index]) == 0);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) puts(name);
  }
  report("mount", mount("none", "/tmp", "tmpfs", 0, ""));
  report("remount", mount(0, "/tools", 0, MS_REMOUNT | MS_BIND, 0));
  report("umount", umount2("/tools", MNT_DETACH));
  report("pivot_root", syscall(SYS_pivot_root, "/", "/"));
  report("fsopen", syscall(430, "tmpfs", 0));
  report("open_tree", syscall(428, AT_FDCWD, "/", 1));
  struct { unsigned long set, clear, propagation, userns; } attributes = {0, 1, 0, 0};
  report("mount_setattr", syscall(442, AT_FDCWD, "/tools", 0, &attributes, sizeof attributes));
  report("mknod", mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
  report("chroot", chroot("/tmp"));
  report("keyctl", syscall(SYS_keyctl, 0, -3, 0, 0, 0));
  report("add_key", syscall(SYS_add_key, "user", "escape", "x", 1, -3));
  report("bpf", syscall(SYS_bpf, 0, 0, 0));
  report("perf_event_open", syscall(SYS_perf_event_open, 0, 0, -1, -1, 0));
  report("userfaultfd", syscall(SYS_userfaultfd, 0));
  report("init_module", syscall(SYS_init_module, 0, 0, ""));
  report("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
  report("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, 0, 0));
  report("swapon", swapon("/tmp/none", 0));
  report("reboot", reboot(0));
  report("sethostname", sethostname("escaped", 7));
  struct timespec now = {0, 0};
  report("clock_settime", clock_settime(CLOCK_REALTIME, &now));
  report("raw socket", socket(AF_INET, SOCK_RAW, 1));
  report("packet socket", socket(AF_PACKET, SOCK_RAW, 0));
  report("algorithm socket", socket(38, SOCK_SEQPACKET, 0));
  const char *kinds[] = {"mnt", "user", "net", "pid", "ipc", "uts", "cgroup"};
  for (int index = 0; index < 7; index++) {
    snprintf(name, sizeof name, "/proc/1/ns/%s", kinds[index]);
    try_setns(name);
  }
  return 0;
}
`
