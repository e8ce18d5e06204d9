// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/scratch.h"

#include "connectors/backup/owner.h"
#include "connectors/backup/readback.h"
#include "connectors/files/durable.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr Millis kToolLimit{std::chrono::hours{24}};
constexpr Millis kStopLimit{20000};
constexpr Millis kPoll{100};
constexpr const char *kAccount = "postgres"; // when we are root
constexpr const char *kPort = "5432";        // only a part of the socket's name

std::string prefixOf(const Set &set)
{
    return "muster-drill-" + safeName(set.name) + '-';
}

/// pid of the postmaster of that data directory, 0 when there is none that runs in it.
pid_t postmasterOf(const std::string &data)
{
    std::ifstream file(data + "/postmaster.pid");
    pid_t pid = 0;
    if (!(file >> pid) || pid <= 1)
        return 0;
    std::error_code error;
    const auto cwd = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
    return !error && fs::equivalent(cwd, data, error) && !error ? pid : 0;
}

void waitForEnd(pid_t pid, Millis limit)
{
    const auto deadline = Deadline::after(limit);
    while (::kill(pid, 0) == 0 && !deadline.isOver())
        std::this_thread::sleep_for(kPoll);
}

} // namespace

Fault drillFault(const std::string &what, const process::Finished &finished)
{
    if (finished.ending == process::Ending::Cancelled)
        return {FaultKind::Cancelled, "drill", what + " was cancelled", {}};
    return {FaultKind::Protocol, "drill", what + " failed: " + finished.describe() + ". " + errorLines(finished.errors), "Read the transcript."};
}

Scratch::Scratch(const Set &set, Tools tools, std::string folder, std::stop_token stop)
    : m_set(set), m_tools(std::move(tools)), m_folder(std::move(folder)), m_stop(std::move(stop))
{
}

Scratch::~Scratch()
{
    [[maybe_unused]] const auto removed = remove();
}

std::string Scratch::parentOf(const Set &set)
{
    return set.drillDirectory.empty() ? "/var/tmp" : set.drillDirectory;
}

std::expected<std::unique_ptr<Scratch>, Fault> Scratch::make(const Set &set, const Tools &tools, const std::stop_token &stop)
{
    removeLeftovers(set);
    auto folder = parentOf(set) + '/' + prefixOf(set) + std::to_string(::getpid()) + "-XXXXXX";
    if (!::mkdtemp(folder.data()))
        return std::unexpected(files::systemFault("scratch", folder, errno));
    std::unique_ptr<Scratch> scratch(new Scratch(set, tools, folder, stop));
    const auto who = set.server ? set.server->operatorName : std::string();
    if (auto marked = files::replaceFile(folder + '/' + kOwnerName, Owner::self(who).toJson()); !marked)
        return std::unexpected(marked.error());
    if (auto given = scratch->handOver(folder); !given)
        return std::unexpected(given.error());
    return scratch;
}

std::vector<std::string> Scratch::removeLeftovers(const Set &set)
{
    std::vector<std::string> removed;
    std::error_code error;
    for (fs::directory_iterator it(parentOf(set), error), end; !error && it != end; it.increment(error)) {
        const auto path = it->path().string();
        if (!it->path().filename().string().starts_with(prefixOf(set)) || !it->is_directory(error) || it->is_symlink(error))
            continue;
        const auto bytes = files::readFile(path + '/' + kOwnerName, 4096);
        const auto owner = bytes ? Owner::parse(*bytes) : std::unexpected(std::string());
        if (!owner || !owner->isOnThisHost() || owner->isAlive())
            continue;
        if (const auto pid = postmasterOf(path + "/data")) {
            ::kill(pid, SIGQUIT);
            waitForEnd(pid, kStopLimit);
        }
        if (files::removeTree(path))
            removed.push_back(path);
    }
    return removed;
}

process::Command Scratch::command(const std::vector<std::string> &words, const std::string &database) const
{
    std::vector<std::string> all;
    if (::geteuid() == 0)
        all = {"setpriv", std::string("--reuid=") + kAccount, std::string("--regid=") + kAccount, "--init-groups", "--pdeathsig=TERM", "--"};
    all.insert(all.end(), words.begin(), words.end());
    const process::Host here;
    auto command = here.command(all, {{"PGHOST", m_folder}, {"PGPORT", kPort}, {"PGUSER", m_user}, {"PGAPPNAME", "muster drill"}, {"PGSSLMODE", "disable"}});
    if (!database.empty())
        command.environment.emplace_back("PGDATABASE", database);
    command.folder = m_folder;
    return command;
}

std::expected<process::Finished, Fault> Scratch::run(const process::Command &command) const
{
    return process::run(command, Deadline::after(kToolLimit), m_stop);
}

std::expected<void, Fault> Scratch::handOver(const std::string &path) const
{
    if (::geteuid() != 0)
        return {};
    const auto *account = ::getpwnam(kAccount);
    if (!account)
        return std::unexpected(Fault{FaultKind::Config, "scratch", "PostgreSQL does not run as root, and there is no account “postgres”", "Run the drill as another user."});
    std::error_code error;
    if (::lchown(path.c_str(), account->pw_uid, account->pw_gid) != 0)
        return std::unexpected(files::systemFault("scratch", path, errno));
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        if (it->path().filename() != kOwnerName && ::lchown(it->path().c_str(), account->pw_uid, account->pw_gid) != 0)
            return std::unexpected(files::systemFault("scratch", it->path().string(), errno));
    }
    return {};
}

std::expected<void, Fault> Scratch::initialise()
{
    const auto finished = run(command({m_tools.folder + "/initdb", "--pgdata=" + data(), "--username=" + m_user, "--auth=trust", "--encoding=UTF8",
                                       "--locale=C.UTF-8", "--no-sync", "--no-instructions"}));
    if (!finished)
        return std::unexpected(finished.error());
    if (!finished->isGood())
        return std::unexpected(drillFault("making the scratch server", *finished));
    return {};
}

std::expected<void, Fault> Scratch::start(const std::vector<std::string> &settings, Deadline deadline)
{
    // Its own files only: a restored cluster's configuration may listen, archive or preload what is not here.
    const auto hba = m_folder + "/pg_hba.conf";
    const auto config = m_folder + "/postgresql.conf";
    for (const auto &[path, text] : {std::pair{hba, "local all all trust\n"}, std::pair{m_folder + "/pg_ident.conf", ""}, std::pair{config, ""}}) {
        if (auto written = files::replaceFile(path, text, 0644); !written)
            return written;
        if (auto given = handOver(path); !given)
            return given;
    }
    std::vector<std::string> words{m_tools.folder + "/postgres", "-D", data()};
    std::vector<std::string> all{"config_file=" + config, "hba_file=" + hba, "ident_file=" + m_folder + "/pg_ident.conf", "listen_addresses=", "unix_socket_directories=" + m_folder,
                                 "unix_socket_permissions=0700", std::string("port=") + kPort, "archive_mode=off", "ssl=off", "fsync=off", "full_page_writes=off", "shared_preload_libraries=",
                                 "logging_collector=off", "log_destination=stderr", "cluster_name=muster_drill", "max_wal_size=4GB", "shared_buffers=128MB", "jit=off"};
    all.insert(all.end(), settings.begin(), settings.end());
    for (const auto &setting : all)
        words.insert(words.end(), {"-c", setting});
    m_hasEnded = false;
    m_server = std::jthread([this, command = command(words)](std::stop_token stop) mutable {
        const auto log = m_folder + "/server.log";
        std::ofstream out(log, std::ios::app);
        command.onErrorLine = [&out](std::string_view line) { out << line << std::endl; };
        const auto finished = process::run(command, Deadline::after(kToolLimit), stop);
        m_ending = finished ? finished->describe() + ". " + errorLines(finished->errors) : finished.error().detail;
        m_hasEnded = true;
    });
    while (!deadline.isOver() && !m_hasEnded && !m_stop.stop_requested()) {
        postgres::PgClient client;
        if (connect(client, "postgres", Deadline::after(Millis(2000)))) {
            const auto rows = client.query("SELECT pg_is_in_recovery() AS recovering", Deadline::after(Millis(2000)));
            if (rows && !rows->truth(0, "recovering").value_or(true))
                return {};
        }
        std::this_thread::sleep_for(kPoll);
    }
    if (m_stop.stop_requested())
        return std::unexpected(Fault{FaultKind::Cancelled, "drill", "cancelled", {}});
    return std::unexpected(Fault{FaultKind::Protocol, "drill", "the restored server did not start: " + (m_hasEnded ? m_ending : "not within its time. " + serverLog()), {}});
}

std::expected<void, Fault> Scratch::connect(postgres::PgClient &client, const std::string &database, Deadline deadline) const
{
    postgres::Target target;
    target.id = "drill";
    target.url = postgres::conninfoString({{"host", m_folder}, {"port", kPort}, {"user", m_user}, {"dbname", database}, {"sslmode", "disable"}});
    const auto parameters = postgres::ConnectionParameters::from(target);
    if (!parameters)
        return std::unexpected(parameters.error());
    postgres::SessionOptions options;
    options.applicationName = "muster drill";
    options.statementTimeout = Millis(std::chrono::hours(2));
    options.lockTimeout = Millis(0);
    return client.connect(*parameters, {}, options, deadline);
}

std::string Scratch::serverLog() const
{
    std::ifstream file(m_folder + "/server.log");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return errorLines(text);
}

void Scratch::stopServer()
{
    if (!m_server.joinable())
        return;
    const auto limit = Deadline::after(kStopLimit);
    if (const auto pid = postmasterOf(data()))
        ::kill(pid, SIGINT); // fast shutdown: also gives its shared memory back
    while (!m_hasEnded && !limit.isOver())
        std::this_thread::sleep_for(kPoll);
    m_server.request_stop();
    m_server.join();
}

std::expected<void, Fault> Scratch::remove()
{
    stopServer();
    std::error_code error;
    return fs::exists(m_folder, error) ? files::removeTree(m_folder) : std::expected<void, Fault>();
}

} // namespace muster::backup
