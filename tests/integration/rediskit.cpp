// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/rediskit.h"

#include <QProcess>

#include <algorithm>

namespace muster::test {

redis::Target redisTarget(const TestServers &servers, QStringView server, bool isAdmin)
{
    redis::Target target;
    target.id = "redis/" + server.toString().toStdString();
    target.host = "127.0.0.1";
    target.port = servers.port(server);
    target.user = servers.text(server, isAdmin ? u"adminUser" : u"user").toStdString();
    const auto password = servers.text(server, isAdmin ? u"adminPassword" : u"password").toStdString();
    target.secret = [password] { return std::expected<Secret, Fault>(Secret(password)); };
    target.prefixes = {"cache:", "sess:"};
    target.rateLimiterPrefix = "rl:";
    if (server.startsWith(u"redis-cluster"))
        target.topology = redis::Topology::Cluster;
    if (server == u"redis-sentinel") {
        target.topology = redis::Topology::Sentinel;
        target.host = "nobody.invalid"; // only the Sentinels know where the primary is
        target.master = servers.text(server, u"master").toStdString();
        for (const auto port : numbersOf(servers, server, u"sentinels"))
            target.sentinels.push_back({{"127.0.0.1", static_cast<std::uint16_t>(port)}, false});
        target.sentinelSecret = [admin = servers.text(server, u"adminPassword").toStdString()] { return std::expected<Secret, Fault>(Secret(admin)); };
    }
    if (server == u"redis-tls" || server == u"redis-cluster-tls") {
        target.tls.isOn = true;
        target.tls.caFile = servers.ca().toStdString();
    }
    return target;
}

const std::vector<std::string> &leastRights()
{
    static const std::vector<std::string> rights{"+ping", "+info", "+dbsize", "+select", "+scan", "+time", "+role", "+client|setname", "+client|list", "+acl|whoami", "+acl|dryrun",
                                                 "+slowlog|get", "+slowlog|len", "+latency|latest", "+latency|histogram", "+config|get", "+cluster|info", "+cluster|nodes"};
    return rights;
}

std::vector<int> numbersOf(const TestServers &servers, QStringView server, QStringView key)
{
    std::vector<int> numbers;
    for (const auto &text : servers.text(server, key).split(QLatin1Char(','), Qt::SkipEmptyParts))
        numbers.push_back(text.toInt());
    return numbers;
}

RedisAdmin::RedisAdmin(const redis::Target &target)
{
    if (auto client = redis::RedisClient::connect(target, Deadline::after(Millis{5000}), m_interrupter))
        m_client = std::move(*client);
}

redis::Reply RedisAdmin::call(const redis::Command &command)
{
    if (!m_client)
        return {redis::Reply::Kind::Error, 0, "not connected", {}};
    auto reply = m_client->call(command, Deadline::after(Millis{10'000}));
    return reply ? std::move(*reply) : redis::Reply{redis::Reply::Kind::Error, 0, reply.error().detail, {}};
}

bool RedisAdmin::pipeline(const std::vector<redis::Command> &commands)
{
    const auto replies = m_client ? m_client->pipeline(commands, Deadline::after(Millis{30'000})) : std::unexpected(Fault{});
    return replies && std::ranges::none_of(*replies, &redis::Reply::isError);
}

bool RedisAdmin::fill(const std::string &prefix, int count)
{
    for (int at = 0; at < count;) {
        redis::Command command{"MSET"};
        for (const int end = std::min(count, at + 1000); at < end; ++at) {
            command.push_back(prefix + std::to_string(at));
            command.emplace_back("a value of a common size, some forty bytes");
        }
        if (!call(command).isStatus("OK"))
            return false;
    }
    return true;
}

QByteArray redisCli(const TestServers &servers, QStringView server, const QStringList &arguments)
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("REDISCLI_AUTH"), servers.text(server, u"adminPassword"));
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral("redis-cli"), QStringList{QStringLiteral("-p"), QString::number(servers.port(server))} + arguments);
    process.waitForFinished();
    return process.readAllStandardOutput().trimmed();
}

FinishedRun runAction(Action &action, const std::function<void(const Progress &, RunControl &, std::stop_source &)> &onProgress)
{
    std::stop_source source;
    RunControl *self = nullptr;
    RunControl control(source.get_token(), [&](const Progress &progress) {
        if (onProgress)
            onProgress(progress, *self, source);
    });
    self = &control;
    FinishedRun result{action.preflight(Deadline::after(Millis{15'000}), source.get_token()), {}};
    if (!result.plan || !result.plan->isAllowed()) {
        result.outcome.kind = OutcomeKind::Refused;
        return result;
    }
    result.outcome = action.run(*result.plan, control);
    if (result.outcome.kind == OutcomeKind::Succeeded)
        result.outcome = action.verify(*result.plan, result.outcome, control);
    return result;
}

const Value *factOf(const FactBatch &batch, std::string_view name)
{
    const auto it = std::ranges::find(batch.facts, name, &Fact::name);
    return it == batch.facts.end() ? nullptr : &it->value;
}

std::string detailOf(const Outcome &outcome, std::string_view label)
{
    const auto it = std::ranges::find(outcome.details, label, &PlanLine::label);
    return it == outcome.details.end() ? std::string() : it->value;
}

} // namespace muster::test
