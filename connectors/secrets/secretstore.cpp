// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/secrets/secretstore.h"

#include "connectors/files/durable.h"
#include "connectors/process/child.h"
#include "connectors/secrets/keyring.h"

#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace muster::secrets {

namespace {

constexpr std::size_t kSecretLimit = 64 * 1024;
constexpr std::chrono::seconds kProbeAgain{30};

std::unexpected<Fault> problem(std::string detail, std::string hint, FaultKind kind = FaultKind::Config)
{
    return std::unexpected(Fault{kind, "secret", std::move(detail), std::move(hint)});
}

/// One trailing line break is the editor's, not the secret's.
void cutLineBreak(std::string &text)
{
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
}

std::expected<Secret, Fault> fromEnvironment(const std::string &name)
{
    const char *value = std::getenv(name.c_str());
    if (!value)
        return problem("environment variable " + name + " is not set", "Set " + name + " where the console is started.");
    return Secret(value);
}

std::string home(const std::string &path)
{
    const char *folder = std::getenv("HOME");
    return path.starts_with("~/") && folder ? folder + path.substr(1) : path;
}

std::expected<Secret, Fault> fromFile(const std::string &name)
{
    const auto path = home(name);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        auto fault = files::systemFault("secret", path, errno);
        return std::unexpected(std::move(fault));
    }
    if ((info.st_mode & 077U) != 0)
        return problem(path + ": others can read this secret", "Run: chmod 600 " + path);
    if (info.st_uid != ::geteuid())
        return problem(path + ": the secret belongs to another user", "Run the console as its owner, or make a copy of your own (mode 600).");
    auto bytes = files::readFile(path, kSecretLimit);
    if (!bytes) {
        bytes.error().stage = "secret";
        return std::unexpected(bytes.error());
    }
    cutLineBreak(*bytes);
    if (bytes->empty())
        return problem(path + ": the secret file is empty", "Write the secret into it.");
    return Secret(std::move(*bytes));
}

std::expected<Secret, Fault> fromCommand(const std::vector<std::string> &argv)
{
    if (argv.empty())
        return problem("the secret's command is empty", "Give the program's absolute path and its arguments.");
    process::Command command;
    command.program = home(argv.front());
    command.arguments.assign(argv.begin() + 1, argv.end());
    command.environment = process::baseEnvironment();
    // Password tools reach their agents through these.
    for (const char *name : {"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "GNUPGHOME", "GPG_AGENT_INFO", "SSH_AUTH_SOCK",
                             "PASSWORD_STORE_DIR", "VAULT_ADDR", "USER", "LOGNAME"}) {
        if (const char *value = std::getenv(name))
            command.environment.emplace_back(name, value);
    }
    command.outputLimit = kSecretLimit;
    auto finished = process::run(command, Deadline::after(Store::kLimit));
    if (!finished) {
        finished.error().stage = "secret";
        return std::unexpected(finished.error());
    }
    Secret whole(std::move(finished->output)); // so that it is wiped on every way out
    // Neither stdout nor stderr is repeated: both may carry the secret.
    if (!finished->isGood())
        return problem("the secret's command " + command.program + ": " + finished->describe(), "Run it in a terminal to see why.",
                       finished->ending == process::Ending::TimedOut ? FaultKind::Timeout : FaultKind::Config);
    Secret secret(whole.reveal().substr(0, whole.reveal().find('\n')));
    if (secret.isEmpty())
        return problem("the secret's command " + command.program + " printed nothing", "It must print the secret as its first line.");
    return secret;
}

} // namespace

std::expected<Secret, Fault> Store::fetch(const SecretRef &ref)
{
    switch (ref.kind) {
    case SecretRef::Kind::None:
        return Secret();
    case SecretRef::Kind::Env:
        return fromEnvironment(ref.name);
    case SecretRef::Kind::File:
        return fromFile(ref.name);
    case SecretRef::Kind::Command:
        return fromCommand(ref.argv);
    case SecretRef::Kind::Keyring:
        return fromKeyring(ref.name);
    }
    return Secret();
}

std::expected<Secret, Fault> Store::fromKeyring(const std::string &name)
{
    const auto slash = name.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
        return problem("keyring entry \"" + name + "\" is not SERVICE/KEY", "Write it as {\"keyring\": \"service/key\"}.");
    const auto deadline = Deadline::after(kLimit);
    const std::scoped_lock lock(m_mutex);
    if (!m_keyring || (m_keyring->fault && BootClock::now() - m_keyring->at > kProbeAgain)) {
        const auto probed = keyring::probe(deadline);
        m_keyring = Verdict{probed ? std::nullopt : std::optional(probed.error()), BootClock::now()};
    }
    if (m_keyring->fault)
        return std::unexpected(*m_keyring->fault);
    auto secret = keyring::read(name.substr(0, slash), name.substr(slash + 1), deadline);
    if (!secret && secret.error().kind == FaultKind::Timeout)
        m_keyring = Verdict{secret.error(), BootClock::now()};
    return secret;
}

} // namespace muster::secrets
