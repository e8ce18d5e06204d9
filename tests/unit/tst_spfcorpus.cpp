// SPDX-License-Identifier: GPL-3.0-or-later
// The RFC 7208 test suite: its zones stand in for DNS, its results are the judge.
#include "connectors/dns/spf.h"
#include "connectors/yaml/yaml.h"

#include <QFile>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>

using namespace muster;
using nlohmann::json;

namespace {

std::string lowered(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (text.ends_with('.'))
        text.pop_back();
    return text;
}

/// One zone of the suite: name -> list of {"TXT": ...}, {"A": ...}, "TIMEOUT". An SPF entry counts as TXT where the name has no TXT.
class Zone : public dns::Resolver
{
public:
    explicit Zone(const json &data)
    {
        for (const auto &[name, entries] : data.items())
            m_names.emplace(lowered(name), entries);
    }

    dns::Answer<std::string> txt(const std::string &name) override
    {
        return find<std::string>(name, "TXT", [](const json &value) { return value.is_array() ? joined(value) : value.get<std::string>(); });
    }
    dns::Answer<dns::Mx> mx(const std::string &name) override
    {
        return find<dns::Mx>(name, "MX", [](const json &value) { return dns::Mx{value.at(0).get<std::uint16_t>(), value.at(1).get<std::string>()}; });
    }
    dns::Answer<dns::IpAddress> addresses(const std::string &name, bool isV4) override
    {
        return find<dns::IpAddress>(name, isV4 ? "A" : "AAAA", [](const json &value) { return *dns::IpAddress::parse(value.get<std::string>()); });
    }
    dns::Answer<std::string> pointers(const dns::IpAddress &address) override
    {
        return find<std::string>(address.reverseName(), "PTR", [](const json &value) { return value.get<std::string>(); });
    }

private:
    std::map<std::string, json> m_names;

    static std::string joined(const json &parts)
    {
        std::string result;
        for (const auto &part : parts)
            result += part.get<std::string>();
        return result;
    }

    static bool isTxt(const json &entry, bool hasTxt) { return entry.contains("TXT") || (!hasTxt && entry.contains("SPF")); }

    template<typename Record, typename Read>
    dns::Answer<Record> find(const std::string &name, const std::string &type, Read read, int depth = 0)
    {
        const auto at = m_names.find(lowered(name));
        dns::Answer<Record> answer;
        if (at == m_names.end()) {
            answer.status = dns::Status::NoName;
            return answer;
        }
        const bool hasTxt = std::ranges::any_of(at->second, [](const json &entry) { return entry.is_object() && entry.contains("TXT"); });
        answer.status = dns::Status::NoData;
        for (const auto &entry : at->second) {
            if (entry.is_string()) { // TIMEOUT, for what stands behind it
                answer.status = answer.records.empty() ? dns::Status::Failed : dns::Status::Found;
                return answer;
            }
            if (entry.contains("CNAME"))
                return depth > 8 ? dns::Answer<Record>() : find<Record>(entry.at("CNAME").get<std::string>(), type, read, depth + 1);
            const bool isWanted = type == "TXT" ? isTxt(entry, hasTxt) : entry.contains(type);
            if (!isWanted)
                continue;
            const auto &value = entry.begin().value();
            if (value.is_string() && value.get<std::string>() == "TIMEOUT") {
                answer.status = dns::Status::Failed;
                return answer;
            }
            if (value.is_string() && value.get<std::string>() == "NONE")
                continue;
            answer.records.push_back(read(value));
            answer.status = dns::Status::Found;
        }
        return answer;
    }
};

QByteArrayList documents()
{
    QFile file(QStringLiteral(MUSTER_CORPUS "/rfc7208-tests.yml"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QByteArrayList result{QByteArray()};
    for (const auto &line : file.readAll().split('\n')) {
        if (line.startsWith("---"))
            result.append(QByteArray());
        else
            result.last() += line + '\n';
    }
    result.removeFirst(); // the head of comments
    return result;
}

} // namespace

class TestSpfCorpus : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void judgesLikeTheSuite_data();
    void judgesLikeTheSuite();
};

void TestSpfCorpus::judgesLikeTheSuite_data()
{
    QTest::addColumn<QByteArray>("test");
    QTest::addColumn<QByteArray>("zone");
    int count = 0;
    for (const auto &document : documents()) {
        const auto parsed = yaml::parse(document.toStdString());
        if (!parsed) {
            QVERIFY2(document.trimmed().isEmpty(), parsed.error().display().c_str());
            continue;
        }
        if (!parsed->is_object())
            continue;
        const auto zone = QByteArray::fromStdString(parsed->at("zonedata").dump(-1, ' ', false, json::error_handler_t::ignore));
        for (const auto &[name, test] : parsed->at("tests").items()) {
            QTest::newRow(name.c_str()) << QByteArray::fromStdString(test.dump()) << zone;
            ++count;
        }
    }
    QVERIFY2(count > 190, "the suite was not read");
}

void TestSpfCorpus::judgesLikeTheSuite()
{
    QFETCH(QByteArray, test);
    QFETCH(QByteArray, zone);
    const auto wanted = json::parse(test.toStdString());
    Zone resolver(json::parse(zone.toStdString()));
    dns::SpfQuestion question;
    question.client = *dns::IpAddress::parse(wanted.at("host").get<std::string>());
    question.helo = wanted.at("helo").is_string() ? wanted.at("helo").get<std::string>() : std::string();
    question.mailFrom = wanted.at("mailfrom").is_string() ? wanted.at("mailfrom").get<std::string>() : std::string();
    const auto verdict = dns::SpfCheck(resolver, question).run();
    const std::string result(dns::toString(verdict.result));
    const auto &results = wanted.at("result");
    const std::set<std::string> allowed = results.is_array() ? results.get<std::set<std::string>>() : std::set<std::string>{results.get<std::string>()};
    QVERIFY2(allowed.contains(result), (result + " instead of " + results.dump() + "; " + verdict.problem).c_str());
}

QTEST_GUILESS_MAIN(TestSpfCorpus)
#include "tst_spfcorpus.moc"
