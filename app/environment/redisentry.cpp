// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/redisentry.h"

#include <QString>
#include <QUrl>

#include <algorithm>
#include <cctype>

namespace muster::environment {

namespace {

constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

/// "sentinel1:26379", "[::1]:26379", "rediss://sentinel1"; nullopt for anything else. TLS as the data server's unless a scheme says otherwise.
std::optional<RedisAddress> addressOf(const std::string &text, std::uint16_t port, bool isTls)
{
    const bool hasScheme = text.find("://") != std::string::npos;
    const QUrl url(QString::fromStdString(hasScheme ? text : "redis://" + text), QUrl::StrictMode);
    const auto scheme = url.scheme();
    if (!url.isValid() || url.host().isEmpty() || !url.userInfo().isEmpty() || url.path().size() > 1 || (scheme != QLatin1String("redis") && scheme != QLatin1String("rediss")))
        return std::nullopt;
    return RedisAddress{url.host(QUrl::FullyDecoded).toStdString(), static_cast<std::uint16_t>(url.port(port)), hasScheme ? scheme == QLatin1String("rediss") : isTls};
}

std::vector<RedisAddress> readAddresses(ObjectReader &reader, const char *key, std::uint16_t port, bool isTls)
{
    std::vector<RedisAddress> addresses;
    for (const auto &text : reader.texts(key)) {
        if (auto address = addressOf(text, port, isTls))
            addresses.push_back(std::move(*address));
        else
            reader.problem(key, "expected “host:port” (or redis://host:port, rediss://host:port, without user and password), found “" + clamp(text, 120) + "”");
    }
    return addresses;
}

void readTopology(Redis &entry, ObjectReader &reader)
{
    const bool isTls = entry.address.scheme == "rediss";
    entry.topology = reader.choice("topology", {"standalone", "sentinel", "cluster"}, "standalone");
    entry.sentinels = readAddresses(reader, "sentinels", kSentinelPort, isTls);
    entry.nodes = readAddresses(reader, "nodes", kRedisPort, isTls);
    entry.master = reader.text("master");
    entry.sentinelUser = reader.text("sentinelUser");
    entry.sentinelPassword = reader.secret("sentinelPassword");
    if (entry.topology == "sentinel") {
        if (entry.sentinels.empty())
            reader.problem("sentinels", "topology sentinel needs the addresses of the Sentinels, such as [\"sentinel1:26379\", \"sentinel2:26379\"]");
        if (entry.master.empty())
            reader.problem("master", "topology sentinel needs the name under which the Sentinels know the primary, such as \"mymaster\"");
        return;
    }
    for (const auto *key : {"sentinels", "master", "sentinelUser", "sentinelPassword"}) {
        if (reader.has(key))
            reader.problem(key, std::string("“") + key + "” is for topology sentinel only; this one is " + entry.topology);
    }
    if (entry.topology != "cluster" && reader.has("nodes"))
        reader.problem("nodes", "“nodes” is for topology cluster only; this one is " + entry.topology);
}

} // namespace

void readRedis(Environment &env, ObjectReader &reader)
{
    Redis entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"redis", kRedisPort}, {"rediss", kRedisPort}});
    entry.password = reader.secret("password");
    readTopology(entry, reader);
    entry.prefixes = reader.texts("prefixes");
    entry.rateLimiterPrefix = reader.text("rateLimiterPrefix");
    entry.role = reader.choice("role", {"cache", "store"}, "cache");
    entry.tls = reader.tls();
    if (const auto &path = entry.address.path; path.size() > 1) {
        const auto digits = path.substr(1);
        if (digits.size() <= 5 && std::ranges::all_of(digits, [](unsigned char c) { return std::isdigit(c); }))
            entry.database = std::stoi(digits);
        else
            reader.problem("url", "expected a database number after the port, such as redis://host:6379/0");
    }
    if (entry.topology == "cluster" && entry.database != 0)
        reader.problem("url", "a cluster has database 0 only");
    env.redis.push_back(std::move(entry));
}

} // namespace muster::environment
