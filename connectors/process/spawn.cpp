// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/process/spawn.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::process {

namespace {

struct Pipe {
    files::Descriptor reading;
    files::Descriptor writing;
};

std::expected<Pipe, Fault> makePipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::unexpected(files::systemFault("start", "pipe", errno));
    return Pipe{files::Descriptor(ends[0]), files::Descriptor(ends[1])};
}

/// All that the child needs between fork and exec, where nothing may be allocated (other threads may hold the heap's lock).
struct Prepared {
    std::vector<std::string> texts;
    std::vector<char *> argv;
    std::vector<char *> envp;
    const char *folder = nullptr;
    int input = -1;
    int output = -1;
    int errors = -1;
    int passed = -1;
    int failure = -1;
    pid_t parent = -1;
};

Prepared prepare(const Command &command)
{
    Prepared prepared;
    prepared.texts.push_back(command.program);
    prepared.texts.insert(prepared.texts.end(), command.arguments.begin(), command.arguments.end());
    for (const auto &[name, value] : command.environment)
        prepared.texts.push_back(name + '=' + value);
    for (std::size_t i = 0; i < prepared.texts.size(); ++i)
        (i <= command.arguments.size() ? prepared.argv : prepared.envp).push_back(prepared.texts[i].data());
    prepared.argv.push_back(nullptr);
    prepared.envp.push_back(nullptr);
    prepared.folder = command.folder.c_str();
    prepared.passed = command.passedDescriptor;
    prepared.parent = ::getpid();
    return prepared;
}

void resetSignals()
{
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        ::sigaction(number, &standard, nullptr);
    // Over a file size limit a tool shall say "File too large" and not just be gone.
    standard.sa_handler = SIG_IGN;
    ::sigaction(SIGXFSZ, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void failChild(const Prepared &prepared)
{
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(prepared.failure, &error, sizeof error);
    ::_exit(127);
}

/// Async-signal-safe calls only.
[[noreturn]] void becomeChild(const Prepared &prepared)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != prepared.parent)
        ::_exit(127);
    resetSignals();
    ::umask(077);
    const int input = prepared.input >= 0 ? prepared.input : ::open("/dev/null", O_RDONLY);
    if (input < 0 || ::dup2(input, STDIN_FILENO) < 0 || ::dup2(prepared.output, STDOUT_FILENO) < 0 || ::dup2(prepared.errors, STDERR_FILENO) < 0)
        failChild(prepared);
    unsigned firstToClose = 3;
    int failure = prepared.failure;
    if (prepared.passed >= 0) {
        // The failure pipe may sit on 3 itself.
        failure = ::fcntl(prepared.failure, F_DUPFD_CLOEXEC, 10);
        const int passed = ::fcntl(prepared.passed, F_DUPFD, 10);
        if (failure < 0 || passed < 0 || ::dup2(passed, 3) < 0)
            failChild(prepared);
        firstToClose = 4;
    }
    ::syscall(SYS_close_range, firstToClose, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    if (::chdir(prepared.folder) == 0)
        ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(failure, &error, sizeof error);
    ::_exit(127);
}

/// Waits for exec: 0, or the child's errno.
int startError(int reading)
{
    int error = 0;
    ssize_t got = 0;
    do {
        got = ::read(reading, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

Fault startFault(const Command &command, int error)
{
    auto fault = files::systemFault("start", command.program, error);
    if (error == ENOENT)
        fault.hint = "Install the program, or correct its path.";
    return fault;
}

} // namespace

std::expected<Started, Fault> spawn(const Command &command)
{
    if (!command.program.starts_with('/'))
        return std::unexpected(Fault{FaultKind::Config, "start", command.program + ": is not an absolute path", "Give the program's absolute path."});
    auto output = makePipe();
    auto errors = makePipe();
    auto failure = makePipe();
    auto held = command.isInputHeld ? makePipe() : std::expected<Pipe, Fault>();
    if (!output || !errors || !failure || !held)
        return std::unexpected(Fault{FaultKind::Unavailable, "start", "no descriptors left for a child process", "Close other windows or raise ulimit -n."});
    auto prepared = prepare(command);
    prepared.input = command.isInputHeld ? held->reading.get() : command.inputDescriptor;
    prepared.output = command.outputDescriptor >= 0 ? command.outputDescriptor : output->writing.get();
    prepared.errors = errors->writing.get();
    prepared.failure = failure->writing.get();

    const pid_t pid = ::fork();
    if (pid == 0)
        becomeChild(prepared);
    if (pid < 0)
        return std::unexpected(startFault(command, errno));
    ::setpgid(pid, pid); // whoever of the two comes first
    failure->writing.close();
    if (const int error = startError(failure->reading.get()); error != 0) {
        ::waitpid(pid, nullptr, 0);
        return std::unexpected(startFault(command, error));
    }
    ::fcntl(output->reading.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(errors->reading.get(), F_SETFL, O_NONBLOCK);
    Started started;
    started.pid = pid;
    started.input = std::move(held->writing);
    started.output = std::move(output->reading);
    started.errors = std::move(errors->reading);
    started.exit = files::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    return started;
}

} // namespace muster::process
