// SPDX-License-Identifier: GPL-3.0-or-later
// A console that makes one backup and can be killed: backupchild URL CA PASSWORDFILE DIRECTORY [FILE-SIZE-LIMIT | fill]
// "fill": fills the directory's file system once the dump has begun.
// Prints each phase; exit status 0 succeeded, 1 otherwise with the summary on stdout.
#include "connectors/backup/backupaction.h"
#include "connectors/secrets/secretstore.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <sys/resource.h>

using namespace muster;

namespace {

/// Leaves about 200 kB.
void fill(const std::string &path)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string block(100000, 'x');
    off_t size = 0;
    for (ssize_t written = 0; (written = ::write(file, block.data(), block.size())) > 0;)
        size += written;
    [[maybe_unused]] const int cut = ::ftruncate(file, size - 200000);
    ::close(file);
}

} // namespace

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    backup::Set set;
    set.name = "nightly";
    set.directory = arguments[4];
    set.server.emplace();
    set.server->id = "postgres/primary";
    set.server->url = arguments[1];
    set.server->caFile = arguments[2];
    set.server->databases = {"shop"};
    set.server->operatorName = "ada@laptop";
    set.server->password = [file = std::string(arguments[3])] { return secrets::Store().fetch({SecretRef::Kind::File, file, {}}); };
    const std::string directory = arguments[4];
    bool isFilling = count > 5 && std::string_view(arguments[5]) == "fill";
    if (count > 5 && !isFilling) {
        const auto limit = std::strtoul(arguments[5], nullptr, 10);
        const rlimit size{limit, limit};
        ::setrlimit(RLIMIT_FSIZE, &size);
    }
    backup::BackupAction action(std::move(set));
    RunControl control({}, [&](const Progress &progress) {
        if (isFilling && progress.phase.starts_with("dumping shop")) {
            isFilling = false;
            fill(directory + "/.ballast");
        }
        std::printf("%s\n", progress.phase.c_str());
        std::fflush(stdout);
    });
    const auto plan = action.preflight(Deadline::after(Millis(15000)), {});
    if (!plan || !plan->isAllowed()) {
        std::printf("refused: %s\n", plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
        return 1;
    }
    auto outcome = action.run(*plan, control);
    if (outcome.kind == OutcomeKind::Succeeded)
        outcome = action.verify(*plan, std::move(outcome), control);
    std::printf("%s\n", outcome.summary.c_str());
    return outcome.kind == OutcomeKind::Succeeded ? 0 : 1;
}
