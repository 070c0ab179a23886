// What a new process does before it becomes the program: the only C of the product. The child shares the agent's memory until exec,
// as after vfork, so nothing of the .NET runtime may run in it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (64 << 10)

// As in Launch.cs.
struct launch {
    const char *program;
    char **arguments;
    char **environment;
    const char *terminal; // opened as stdin, stdout and stderr; null: the descriptors below
    int working_directory;
    int streams[4];       // stdin (-1: /dev/null), stdout, stderr, the shell's report (-1: none)
    int report_as;
    int changes_user;
    unsigned user;
    unsigned group;
    unsigned mark;        // a supplementary group
    int pid;
    int error;
};

// The C library's functions for these change every thread of a process, by signals; a child has one thread, and the agent's are not meant.
static int set_groups(unsigned group) { return syscall(SYS_setgroups, 1, &group); }
static int set_group(unsigned group) { return syscall(SYS_setresgid, group, group, group); }
static int set_user(unsigned user) { return syscall(SYS_setresuid, user, user, user); }

static int copy_to(int from, int to) {
    // A copy onto itself would stay close-on-exec.
    return from == to ? fcntl(from, F_SETFD, 0) : dup2(from, to);
}

static int open_streams(const struct launch *launch) {
    if (launch->terminal != NULL) {
        // The first terminal that a session leader opens becomes its controlling one.
        int terminal = open(launch->terminal, O_RDWR);
        if (terminal < 0 || copy_to(terminal, 0) < 0)
            return -1;
        if (terminal > 2)
            close(terminal);
        return dup2(0, 1) < 0 ? -1 : dup2(0, 2);
    }
    int input = launch->streams[0] >= 0 ? launch->streams[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || copy_to(input, 0) < 0 || copy_to(launch->streams[1], 1) < 0)
        return -1;
    return copy_to(launch->streams[2], 2);
}

static int raise_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        sets[i].effective = sets[i].permitted;
    return syscall(SYS_capset, &header, sets);
}

// The kernel kills the workload before the agent when memory runs out. A preference: without it, the largest process is killed.
static void offer_to_oom_killer(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)!write(file, "1000", 4);
    close(file);
}

// A command does not inherit the agent's priority. Where the agent could not raise its own, there is nothing to take back.
static int leave_priority(void) {
    return getpriority(PRIO_PROCESS, 0) < 0 ? setpriority(PRIO_PROCESS, 0, 0) : 0;
}

static int become_workload(const struct launch *launch) {
    if (!launch->changes_user) {
        offer_to_oom_killer();
        return 0;
    }
    if (raise_capabilities() != 0)
        return -1;
    // Files in /proc of a process that is not dumpable belong to root.
    syscall(SYS_setfsuid, 0);
    offer_to_oom_killer();
    return set_groups(launch->mark) != 0 || set_group(launch->group) != 0 || leave_priority() != 0
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1 : 0;
}

static int prepare(const struct launch *launch) {
    // Every signal is blocked until all of them do what a new program expects.
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    if (setsid() < 0 || fchdir(launch->working_directory) != 0 || open_streams(launch) < 0)
        return -1;
    if (launch->streams[3] >= 0 && copy_to(launch->streams[3], launch->report_as) < 0)
        return -1;
    if (become_workload(launch) != 0)
        return -1;
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        return -1;
    // Last: from here on other processes of the workload may signal this one. Exec clears its capabilities.
    return launch->changes_user ? set_user(launch->user) : 0;
}

static int child(void *argument) {
    struct launch *launch = argument;
    if (prepare(launch) == 0)
        execve(launch->program, launch->arguments, launch->environment);
    launch->error = errno;
    _exit(127);
}

// Returns when the child runs its program or has failed. One call at a time.
int devbench_launch(struct launch *launch) {
    static char stack[STACK_SIZE] __attribute__((aligned(16)));
    // The kernel's call: the C library's leaves its own signals alone, whose handlers must not run in the child.
    unsigned long all = ~0UL, before;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
    launch->pid = launch->error = 0;
    int pid = clone(child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, launch, &launch->pid);
    int error = pid < 0 ? errno : launch->error;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    if (pid > 0 && error != 0)
        waitpid(pid, NULL, 0);
    return error;
}
