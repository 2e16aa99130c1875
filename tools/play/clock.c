/* A wall clock that can be set for some processes, loaded before the C library (LD_PRELOAD).
 *
 * The file that PLAY_CLOCK names holds one signed 64-bit number: nanoseconds to add to the wall clock. All
 * processes map the same file, so they agree on the time at every moment. Time that only passes (CLOCK_MONOTONIC,
 * sleeping) is left alone; waits until a moment of the wall clock are told in the kernel's own time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
/* A moment after this is one of the wall clock; no machine has been up for thirty years. */
#define WALL 1000000000L

static const volatile int64_t *shared;

__attribute__((constructor)) static void open_clock(void)
{
    const char *path = getenv("PLAY_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        shared = page;
}

static struct timespec shifted(struct timespec moment, int64_t by)
{
    int64_t total = moment.tv_nsec + by % SECOND;
    moment.tv_sec += by / SECOND;
    if (total < 0) {
        total += SECOND;
        moment.tv_sec -= 1;
    } else if (total >= SECOND) {
        total -= SECOND;
        moment.tv_sec += 1;
    }
    moment.tv_nsec = total;
    return moment;
}

static int64_t offset(void)
{
    return shared ? *shared : 0;
}

static struct timespec kernels(const struct timespec *moment)
{
    return moment->tv_sec > WALL ? shifted(*moment, -offset()) : *moment;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        *now = shifted(*now, offset());
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec moment;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &moment);
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (now)
        *now = moment.tv_sec;
    return moment.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    struct timespec real = (flags & TIMER_ABSTIME) && clock == CLOCK_REALTIME ? kernels(until) : *until;
    return syscall(SYS_clock_nanosleep, clock, flags, &real, left) ? errno : 0;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!next)
        next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec real = kernels(until);
    return next(condition, mutex, &real);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    static int (*next)(sem_t *, const struct timespec *);
    if (!next)
        next = dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec real = kernels(until);
    return next(semaphore, &real);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    static int (*next)(pthread_mutex_t *, const struct timespec *);
    if (!next)
        next = dlsym(RTLD_NEXT, "pthread_mutex_timedlock");
    struct timespec real = kernels(until);
    return next(mutex, &real);
}
